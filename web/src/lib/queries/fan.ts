/** What a fan's screens read: her settings, who can reach her, whom she blocked. `privacy:changed` refreshes all. */
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";

export function useMyFan() {
  return useQuery({
    queryKey: ["fans", "me"],
    queryFn: async () => (await ask(api.GET("/api/fans/me"))).fan,
  });
}

export function useReach(enabled = true) {
  return useQuery({
    queryKey: ["relationships"],
    queryFn: async () => (await ask(api.GET("/api/fans/me/relationships"))).relationships,
    enabled,
  });
}

export function useMyBlocks(enabled = true) {
  return useQuery({
    queryKey: ["fans", "blocks"],
    queryFn: async () => (await ask(api.GET("/api/fans/blocks"))).blocks,
    enabled,
  });
}
