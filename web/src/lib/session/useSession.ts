/** Who I am and what this service offers, as the service says it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { api, ask } from "../api/client";
import { keepSession, onSessionChange, type Stored, storedSession } from "./store";

const REFRESH_MS = 30_000;

export function useToken(): string | null {
  return useSyncExternalStore(onSessionChange, () => storedSession()?.token ?? null);
}

export function useSession() {
  const token = useToken();
  const query = useQuery({
    queryKey: ["session", token],
    queryFn: () => ask(api.GET("/api/session")),
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    refetchOnWindowFocus: true,
  });
  const session = query.data;
  return {
    loading: query.isPending,
    problem: query.isError ? query.error : null,
    retry: query.refetch,
    user: session?.user ?? null,
    isCreator: session?.user?.roles.includes("creator") ?? false,
    isOperator: session?.user?.roles.includes("operator") ?? false,
    flags: session?.flags ?? null,
    demo: session?.demo ?? false,
    /** Whether people may add tokens here without paying. */
    topUp: session?.topUp ?? false,
    realtimeProvider: session?.realtime.provider ?? null,
    token,
  };
}

/** Signs in with what the service handed out, or out with null; what was read as somebody else is forgotten. */
export function useSwitchSession(): (session: Stored | null) => void {
  const client = useQueryClient();
  return useCallback(
    (session) => {
      keepSession(session);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    },
    [client],
  );
}

/** Forgets what belonged to a session that ended elsewhere (another tab, or the service said 401). */
export function useForgetOnSignOut(): void {
  const client = useQueryClient();
  useEffect(
    () =>
      onSessionChange(() => {
        if (!storedSession()) client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      }),
    [client],
  );
}
