/**
 * What a call costs so far, by the rule the service bills with:
 *   charge = ceil(ceil(total seconds / increment) × increment × rate / 60)
 * computed from the service's segments and the service's clock. Once the service has charged, its number wins.
 */
import type { Call, Segment } from "../../../lib/api/types";

/** Segments are intervals in which both sides had media; an open one runs until `now` (ms since 1970). */
export function totalSeconds(segments: readonly Segment[], now: number): number {
  const milliseconds = segments.reduce((sum, { startedAt, endedAt }) => {
    const end = endedAt ? Date.parse(endedAt) : now;
    return sum + Math.max(0, end - Date.parse(startedAt));
  }, 0);
  return milliseconds / 1000;
}

/** Whole tokens; `rate` is tokens per minute, `increment` is in seconds. */
export function charge(seconds: number, rate: number, increment = 1): number {
  const billed = Math.ceil(round(seconds / increment)) * increment;
  return Math.ceil(round((billed * rate) / 60));
}

/** Floating point must not turn an exact 60 s into 60.00000001 s and charge for one more. */
const round = (value: number) => Math.round(value * 1e6) / 1e6;

export type Running = {
  readonly seconds: number;
  readonly tokens: number;
  readonly ticking: boolean;
  /** Seconds the funds still last, counted down from the service's own figure; null when it gave none. */
  readonly secondsLeft: number | null;
};

export function running(call: Call, now: number): Running {
  const ticking = call.state === "active" && call.segments.some((segment) => segment.endedAt === null);
  const over = call.endedAt !== null;
  const seconds = over ? call.billableSeconds : totalSeconds(call.segments, now);
  const since = ticking ? Math.max(0, (now - Date.parse(call.serverTime)) / 1000) : 0;
  return {
    seconds,
    ticking,
    tokens: over ? call.tokensCharged : charge(seconds, call.tokensPerMinute, call.incrementSeconds),
    secondsLeft: call.secondsLeft === null ? null : Math.max(0, call.secondsLeft - since),
  };
}

/** Whole minutes that a balance lasts at a rate; a free call lasts for ever. */
export function minutesFor(available: number, rate: number): number {
  return rate > 0 ? Math.floor(available / rate) : Number.POSITIVE_INFINITY;
}
