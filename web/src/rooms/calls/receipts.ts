/** Reading receipts, and answering a call afterwards. */
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";

const one = (callId: string) => ({ params: { path: { callId } } });

export function useReceipt(callId: string, wanted = true) {
  return useQuery({
    queryKey: ["calls", "receipt", callId],
    queryFn: async () => (await ask(api.GET("/api/calls/{callId}/receipt", one(callId)))).receipt,
    enabled: wanted,
  });
}

export const REASONS = ["harassment", "unwanted", "scam", "minor", "other"] as const;
export type Reason = (typeof REASONS)[number];

export const afterwards = {
  rate: (callId: string, stars: number) =>
    ask(api.POST("/api/calls/{callId}/rating", { ...one(callId), body: { stars } })),
  report: (callId: string, reason: Reason, text: string) =>
    ask(api.POST("/api/calls/{callId}/report", { ...one(callId), body: { reason, text } })),
  dispute: (callId: string, text: string) =>
    ask(api.POST("/api/calls/{callId}/dispute", { ...one(callId), body: { text } })),
};
