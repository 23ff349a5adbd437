/** What the operators' page reads and does. Flags are asked for every 0.8 s, so that a flip shows within a second. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { components } from "../../gen/api";
import { api, ask } from "../../lib/api/client";

type Schemas = components["schemas"];
export type Overview = Schemas["OverviewWire"];
export type Range = Overview["range"];
export type Flag = Schemas["FlagWire"];
export type FlagChange = Schemas["FlagChangeWire"];
export type Rollout = Schemas["RolloutWire"];
export type Step = Schemas["StepWire"];
export type Guard = Schemas["GuardWire"];
export type Point = Schemas["PointWire"];
export type Report = Schemas["ReportCase"];
export type Dispute = Schemas["DisputeCase"];

const FLAGS_MS = 800;
const OVERVIEW_MS = 2500;
const CASES_MS = 10_000;

export function useOverview(range: Range) {
  return useQuery({
    queryKey: ["ops", "overview", range],
    queryFn: async () => (await ask(api.GET("/api/ops/overview", { params: { query: { range } } }))).overview,
    refetchInterval: OVERVIEW_MS,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useFlags() {
  return useQuery({
    queryKey: ["ops", "flags"],
    queryFn: async () => (await ask(api.GET("/api/ops/flags"))).flags,
    refetchInterval: FLAGS_MS,
    retry: false,
  });
}

export const fetchHistory = async (key: string) =>
  (await ask(api.GET("/api/ops/flags/{key}/history", { params: { path: { key } } }))).changes;

/** `stamp` changes with the flag, and the history is read again. */
export function useFlagHistory(key: string, stamp: string | null, enabled = true) {
  return useQuery({
    queryKey: ["ops", "history", key, stamp],
    queryFn: () => fetchHistory(key),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useStory() {
  return useQuery({
    queryKey: ["ops", "story"],
    queryFn: async () => (await ask(api.GET("/api/ops/events"))).events,
    refetchInterval: CASES_MS,
  });
}

export function useReports() {
  return useQuery({
    queryKey: ["ops", "reports"],
    queryFn: () => ask(api.GET("/api/ops/reports", { params: { query: { limit: 20 } } })),
    refetchInterval: CASES_MS,
  });
}

export function useDisputes() {
  return useQuery({
    queryKey: ["ops", "disputes"],
    queryFn: () => ask(api.GET("/api/ops/disputes", { params: { query: { limit: 20 } } })),
    refetchInterval: CASES_MS,
  });
}

/** Asked for by a button alone: on large books a look takes its time. */
export function useAudit() {
  return useMutation({
    networkMode: "always",
    mutationFn: async () => (await ask(api.GET("/api/ops/audit"))).audit,
  });
}

/** What a flag shall be; null removes the override. */
export type Wish = Omit<Schemas["FlagRequest"], "reason"> | null;

export function useSetFlag() {
  const read = useReadAgain();
  return useMutation({
    networkMode: "always",
    mutationFn: ({ key, wish, reason }: { key: string; wish: Wish; reason: string }) =>
      wish === null
        ? ask(api.DELETE("/api/ops/flags/{key}", { params: { path: { key }, query: { reason } } }))
        : ask(api.PUT("/api/ops/flags/{key}", { params: { path: { key } }, body: { ...wish, reason } })),
    onSettled: () => read(),
  });
}

export type Move =
  | { verb: "plan"; automatic: boolean }
  | { verb: "start" | "next" | "resume" }
  | { verb: "abort"; reason: string };

export function useMoveRollout() {
  const read = useReadAgain();
  return useMutation({
    networkMode: "always",
    mutationFn: (move: Move) => {
      if (move.verb === "plan")
        return ask(api.POST("/api/ops/rollout/plan", { body: { automatic: move.automatic } }));
      if (move.verb === "abort")
        return ask(api.POST("/api/ops/rollout/abort", { body: { reason: move.reason } }));
      return ask(api.POST("/api/ops/rollout/{verb}", { params: { path: { verb: move.verb } } }));
    },
    onSettled: () => read(),
  });
}

export function useCloseReport() {
  const read = useReadAgain();
  return useMutation({
    networkMode: "always",
    mutationFn: ({ id, resolution }: { id: string; resolution: string }) =>
      ask(
        api.POST("/api/ops/reports/{report_id}/close", {
          params: { path: { report_id: id } },
          body: { resolution },
        }),
      ),
    onSettled: () => read(),
  });
}

export function useResolveDispute() {
  const read = useReadAgain();
  return useMutation({
    networkMode: "always",
    mutationFn: ({ id, tokens, platformPays }: { id: string; tokens: number; platformPays: boolean }) =>
      ask(
        api.POST("/api/ops/disputes/{call_id}/resolve", {
          params: { path: { call_id: id } },
          body: { refundTokens: tokens, platformPays },
        }),
      ),
    onSettled: () => read(),
  });
}

function useReadAgain() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["ops"] });
}
