/** What the desk shows: one immutable object, from which every call screen is drawn. */
import type { Call } from "../../../lib/api/types";
import type { Capture } from "../../../media/capture";
import type { MediaSession } from "../../../media/port";
import { type Calls, incoming, live, outgoing } from "./reducer";

/** A call that stopped ringing here without becoming this page's call. */
export type Notice = { readonly call: Call; readonly kind: "missed" | "cancelled" | "elsewhere" | "later" };

export type Verb = "ring" | "accept" | "decline" | "cancel" | "end" | "takeover" | "media";

export type DeskView = {
  readonly calls: Calls;
  /** The call whose media this page carries, or will carry once it is answered. */
  readonly carrying: string | null;
  readonly capture: Capture | null;
  readonly session: MediaSession | null;
  /** The socket is up. */
  readonly up: boolean;
  /** The call this page carried and that is over: its outcome or receipt is on the screen. */
  readonly closing: Call | null;
  readonly notice: Notice | null;
  /** A command is under way; its button waits. */
  readonly busy: Verb | null;
  /** What was asked for last and refused. */
  readonly problem: { readonly verb: Verb; readonly cause: unknown } | null;
  readonly fundsLow: boolean;
};

export const EMPTY: DeskView = {
  calls: {},
  carrying: null,
  capture: null,
  session: null,
  up: false,
  closing: null,
  notice: null,
  busy: null,
  problem: null,
  fundsLow: false,
};

export type Screen =
  | { readonly kind: "incoming"; readonly call: Call }
  | { readonly kind: "outgoing"; readonly call: Call }
  | { readonly kind: "active"; readonly call: Call }
  | { readonly kind: "elsewhere"; readonly call: Call }
  | { readonly kind: "closing"; readonly call: Call }
  | { readonly kind: "nothing" };

/** One screen at a time, the most urgent first. */
export function screenOf(view: DeskView): Screen {
  const running = live(view.calls);
  if (running && running.id === view.carrying) return { kind: "active", call: running };
  const mine = outgoing(view.calls);
  if (mine && mine.id === view.carrying) return { kind: "outgoing", call: mine };
  const rings = incoming(view.calls);
  if (rings) return { kind: "incoming", call: rings };
  if (running && view.busy !== "accept") return { kind: "elsewhere", call: running };
  if (view.closing) return { kind: "closing", call: view.closing };
  return { kind: "nothing" };
}
