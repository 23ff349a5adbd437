/**
 * What this page knows of its calls. Facts come from answers of the service, hints from the socket; both carry the
 * call's version, and nothing older than what was seen may change anything, in whatever order it arrives.
 */
import type { Call, CallState } from "../../../lib/api/types";
import type { CallEventName, CallHint } from "../../../lib/realtime/port";
import { isLive, isOver, isRinging } from "./states";

export type Calls = Readonly<Record<string, Call>>;

export type Action =
  | { readonly kind: "fact"; readonly call: Call }
  | { readonly kind: "snapshot"; readonly calls: readonly Call[] }
  | { readonly kind: "hint"; readonly name: CallEventName; readonly hint: CallHint };

const STATE_OF_EVENT: Partial<Record<CallEventName, CallState>> = {
  "call:accepted": "connecting",
  "call:answered_elsewhere": "connecting",
  "call:connected": "active",
  "call:reconnecting": "reconnecting",
  "call:declined": "declined",
  "call:cancelled": "cancelled",
  "call:missed": "missed",
  "call:ended": "ended",
};

export function reduce(calls: Calls, action: Action): Calls {
  switch (action.kind) {
    case "fact":
      return withFact(calls, action.call);
    case "snapshot":
      return action.calls.reduce(withFact, calls);
    case "hint":
      return withHint(calls, action.name, action.hint);
  }
}

function withFact(calls: Calls, call: Call): Calls {
  const seen = calls[call.id];
  return seen && seen.version > call.version ? calls : { ...calls, [call.id]: call };
}

/** A hint moves a known call at once; the fact that follows has the same version and fills in the rest. */
function withHint(calls: Calls, name: CallEventName, hint: CallHint): Calls {
  const seen = calls[hint.callId];
  const state = hint.state ?? STATE_OF_EVENT[name];
  if (!seen || !state || hint.version <= seen.version || isOver(seen)) return calls;
  return { ...calls, [hint.callId]: { ...seen, state, version: hint.version } };
}

/** Calls this page believes to ring or run that a fresh list does not name: their end must be asked for. */
export function absentFrom(calls: Calls, fresh: readonly Call[]): string[] {
  const named = new Set(fresh.map((call) => call.id));
  return Object.values(calls)
    .filter((call) => !isOver(call) && !named.has(call.id))
    .map((call) => call.id);
}

/** True when a hint tells something that was not yet read from the service. */
export function isNews(calls: Calls, hint: CallHint): boolean {
  const seen = calls[hint.callId];
  return !seen || hint.version > seen.version;
}

const newest = (a: Call, b: Call) => Date.parse(b.createdAt) - Date.parse(a.createdAt);
const pick = (calls: Calls, fits: (call: Call) => boolean) =>
  Object.values(calls).filter(fits).sort(newest)[0] ?? null;

export const incoming = (calls: Calls) => pick(calls, (call) => isRinging(call) && call.role === "fan");
export const outgoing = (calls: Calls) => pick(calls, (call) => isRinging(call) && call.role === "creator");
export const live = (calls: Calls) => pick(calls, isLive);
