/**
 * Real time as the rest of the UI sees it: hints from the service, signals between the two participants of a call.
 * A provider is one adapter behind this port.
 */
import type { CallState } from "../api/types";

export type CallEventName =
  | "call:incoming"
  | "call:accepted"
  | "call:declined"
  | "call:cancelled"
  | "call:missed"
  | "call:answered_elsewhere"
  | "call:connected"
  | "call:reconnecting"
  | "call:ended"
  | "call:funds_low"
  | "call:taken_over";

export const CALL_EVENTS: readonly CallEventName[] = [
  "call:incoming",
  "call:accepted",
  "call:declined",
  "call:cancelled",
  "call:missed",
  "call:answered_elsewhere",
  "call:connected",
  "call:reconnecting",
  "call:ended",
  "call:funds_low",
  "call:taken_over",
];
export const OTHER_EVENTS = ["message:new", "privacy:changed", "wallet:changed", "fans:changed"] as const;
export type OtherEventName = (typeof OTHER_EVENTS)[number];

export type CallHint = {
  readonly callId: string;
  readonly version: number;
  /** The call's state as this side may see it. */
  readonly state?: CallState;
  readonly eventId?: string;
  readonly secondsLeft?: number;
  /** With `call:taken_over`: whose media went to which page. */
  readonly deviceId?: string;
  readonly role?: "creator" | "fan";
};

/** What one side of a WebRTC call says to the other; the service relays it unread. */
export type Signal = {
  readonly callId: string;
  readonly epoch: number;
  readonly deviceId: string;
  readonly description?: RTCSessionDescriptionInit;
  readonly candidate?: RTCIceCandidateInit;
  readonly camera?: boolean;
  readonly hello?: true;
};

export type RealtimeListener = {
  onCallEvent?(name: CallEventName, hint: CallHint): void;
  onOtherEvent?(name: OtherEventName, payload: unknown): void;
  onSignal?(signal: Signal): void;
  /** Fires on every connect, reconnect and loss; after a connect the listener reads the truth over HTTP. */
  onUp?(up: boolean): void;
};

export interface Realtime {
  readonly up: boolean;
  listen(listener: RealtimeListener): () => void;
  signal(signal: Signal): void;
  /** This tab has the other's media in a live call, and had it `silentSeconds` ago: said about once a second. */
  alive(callId: string, silentSeconds: number): void;
  close(): void;
}
