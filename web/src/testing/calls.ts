/** Calls of the usual two people, for tests. */
import type { Call } from "../lib/api/types";

export const mia = { id: "mia-id", username: "mia", displayName: "Mia", avatarUrl: null };
export const sam = { id: "sam-id", username: "sam", displayName: "Sam", avatarUrl: null };

export function aCall(change: Partial<Call> = {}): Call {
  return {
    id: "call-1",
    callType: "video",
    state: "ringing",
    endReason: null,
    role: "fan",
    creator: mia,
    fan: sam,
    deviceId: null,
    tokensPerMinute: 12,
    incrementSeconds: 1,
    createdAt: "2026-03-01T20:00:00Z",
    expiresAt: "2026-03-01T20:02:00Z",
    callBackAt: null,
    acceptedAt: null,
    connectedAt: null,
    endedAt: null,
    version: 1,
    segments: [],
    billableSeconds: 0,
    tokensCharged: 0,
    heldTokens: 0,
    secondsLeft: null,
    maxTokens: null,
    mediaLost: false,
    serverTime: "2026-03-01T20:00:00Z",
    ...change,
  };
}
