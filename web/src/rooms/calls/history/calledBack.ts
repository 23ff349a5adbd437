/** What became of a wish to be called back: the next call of the same two people, if there was one. */
import type { Call } from "../../../lib/api/types";
import { otherOf } from "../desk/states";

/** `calls` are newest first, as history is read: every later call is among them already. */
export function calledBack(calls: readonly Call[], asked: Call): Call | null {
  if (!asked.callBackAt) return null;
  const other = otherOf(asked)?.id;
  const later = calls.slice(0, calls.indexOf(asked));
  return later.findLast((call) => call.role === asked.role && otherOf(call)?.id === other) ?? null;
}
