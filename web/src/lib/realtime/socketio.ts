/** The Socket.IO adapter. Signals are never buffered: one that could not leave at once is stale when it does. */
import { io } from "socket.io-client";
import {
  CALL_EVENTS,
  type CallHint,
  OTHER_EVENTS,
  type Realtime,
  type RealtimeListener,
  type Signal,
} from "./port";

export function socketIoRealtime(token: string): Realtime {
  const listeners = new Set<RealtimeListener>();
  const socket = io({
    path: "/socket.io",
    transports: ["websocket", "polling"],
    auth: { token },
    timeout: 5000,
    reconnectionDelay: 250,
    reconnectionDelayMax: 3000,
  });
  const each = (tell: (listener: RealtimeListener) => void) => {
    for (const listener of [...listeners]) tell(listener);
  };
  socket.on("connect", () => each((l) => l.onUp?.(true)));
  socket.on("disconnect", () => each((l) => l.onUp?.(false)));
  for (const name of CALL_EVENTS)
    socket.on(name, (hint: CallHint) => each((l) => l.onCallEvent?.(name, hint)));
  for (const name of OTHER_EVENTS)
    socket.on(name, (payload: unknown) => each((l) => l.onOtherEvent?.(name, payload)));
  socket.on("call:signal", (signal: Signal) => each((l) => l.onSignal?.(signal)));

  return {
    get up() {
      return socket.connected;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signal(signal) {
      if (socket.connected) socket.emit("call:signal", signal);
    },
    alive(callId, silentSeconds) {
      if (socket.connected) socket.volatile.emit("call:alive", { callId, silentSeconds });
    },
    close() {
      listeners.clear();
      socket.disconnect();
    },
  };
}
