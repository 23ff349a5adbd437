import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";

export const THREADS = ["messages", "threads"];

export function useThreads(enabled = true) {
  return useQuery({
    queryKey: THREADS,
    queryFn: async () => (await ask(api.GET("/api/messages"))).threads,
    enabled,
  });
}
