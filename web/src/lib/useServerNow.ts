/** The server's time (ms since 1970), told again every `everyMs`; null stands still. */
import { useEffect, useState } from "react";
import { serverClock } from "./clock";

export function useServerNow(everyMs: number | null): number {
  const [now, setNow] = useState(() => serverClock.now());
  useEffect(() => {
    if (everyMs === null) return;
    setNow(serverClock.now());
    const timer = setInterval(() => setNow(serverClock.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
