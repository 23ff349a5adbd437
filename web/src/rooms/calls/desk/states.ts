/** The states of a call in the three groups that the screen tells apart. */
import type { Call, CallState } from "../../../lib/api/types";

export const LIVE: readonly CallState[] = ["connecting", "active", "reconnecting"];
export const TERMINAL: readonly CallState[] = ["ended", "declined", "cancelled", "missed", "failed"];

export const isRinging = (call: Call) => call.state === "ringing";
export const isLive = (call: Call) => LIVE.includes(call.state);
export const isOver = (call: Call) => TERMINAL.includes(call.state);

/** The person at the other end; null once they have been erased. */
export const otherOf = (call: Pick<Call, "role" | "creator" | "fan">) =>
  call.role === "creator" ? call.fan : call.creator;
