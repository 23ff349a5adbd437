/** Picks the adapter the service asked for. Each is a chunk of its own, loaded when somebody is signed in. */
import type { Realtime } from "./port";

export async function openRealtime(provider: string, token: string): Promise<Realtime> {
  if (provider === "ably") return (await import("./ably")).ablyRealtime(token);
  const { socketIoRealtime } = await import("./socketio");
  return socketIoRealtime(token);
}
