/** The way signals travel for one call: what the link needs of the real-time port, and nothing more. */
import type { Realtime, Signal } from "../../lib/realtime/port";

export type Said = Omit<Signal, "callId" | "deviceId">;

export interface SignalPath {
  readonly up: boolean;
  send(said: Said): void;
  onSignal(tell: (signal: Signal) => void): () => void;
  onUp(tell: () => void): () => void;
}

export function pathOver(realtime: Realtime, callId: string, deviceId: string): SignalPath {
  return {
    get up() {
      return realtime.up;
    },
    send: (said) => realtime.signal({ ...said, callId, deviceId }),
    onSignal: (tell) =>
      realtime.listen({
        onSignal: (signal) => {
          if (signal.callId === callId && signal.deviceId !== deviceId) tell(signal);
        },
      }),
    onUp: (tell) => realtime.listen({ onUp: (up) => up && tell() }),
  };
}
