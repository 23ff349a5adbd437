/** Keeps the real-time connection of the person who is signed in, and lets what it says refresh what is shown. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { readAgain } from "../lib/queries/readAgain";
import { openRealtime } from "../lib/realtime/open";
import type { OtherEventName, Realtime } from "../lib/realtime/port";
import { useSession } from "../lib/session/useSession";

const LiveContext = createContext<Realtime | null>(null);
export const useRealtime = () => useContext(LiveContext);

/** Which answers are out of date after an event. */
const OUTDATES: Record<OtherEventName, readonly string[]> = {
  "wallet:changed": ["wallet"],
  "message:new": ["messages"],
  "privacy:changed": ["fans", "relationships", "messages"],
  "fans:changed": ["fans", "messages"],
};

const EVER_OUTDATED = [...new Set(Object.values(OUTDATES).flat())];

export function LiveProvider({ children }: { children: ReactNode }) {
  const { token, user, realtimeProvider } = useSession();
  const client = useQueryClient();
  const [realtime, setRealtime] = useState<Realtime | null>(null);
  const userId = user?.id;

  useEffect(() => {
    if (!token || !userId || !realtimeProvider) return;
    let left = false;
    let opened: Realtime | null = null;
    void openRealtime(realtimeProvider, token).then((fresh) => {
      if (left) return fresh.close();
      opened = fresh;
      const outdate = (keys: readonly string[]) => {
        for (const key of keys) void readAgain(client, [key]);
      };
      fresh.listen({
        onOtherEvent: (name) => outdate(OUTDATES[name]),
        // What was said while nobody listened is read again.
        onUp: (up) => up && outdate(EVER_OUTDATED),
      });
      setRealtime(fresh);
    });
    return () => {
      left = true;
      opened?.close();
      setRealtime(null);
    };
  }, [token, userId, realtimeProvider, client]);

  return <LiveContext value={realtime}>{children}</LiveContext>;
}
