/** Reading receipts, and answering a call afterwards. */
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";

const one = (callId: string) => ({ params: { path: { call_id: callId } } });

export function useReceipt(callId: string, wanted = true) {
  return useQuery({
    queryKey: ["calls", "receipt", callId],
    queryFn: async () => (await ask(api.GET("/api/calls/{call_id}/receipt", one(callId)))).receipt,
    enabled: wanted,
  });
}

export const REASONS = ["harassment", "fraud", "underage", "spam", "other"] as const;
export type Reason = (typeof REASONS)[number];

export const afterwards = {
  rate: (callId: string, stars: number) =>
    ask(api.POST("/api/calls/{call_id}/rating", { ...one(callId), body: { stars } })),
  report: (callId: string, reason: Reason, text: string) =>
    ask(api.POST("/api/calls/{call_id}/report", { ...one(callId), body: { reason, text } })),
  dispute: (callId: string, text: string) =>
    ask(api.POST("/api/calls/{call_id}/dispute", { ...one(callId), body: { text } })),
};
