import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";

export function useWallet(enabled = true) {
  return useQuery({
    queryKey: ["wallet"],
    queryFn: async () => (await ask(api.GET("/api/wallet"))).wallet,
    enabled,
  });
}
