import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * Reads again what is on the screen under `queryKey`, after a change. A first reading that is still under way may
 * have begun before the change, and the cache would take its answer for the new one: it is let finish, then asked
 * again.
 */
export async function readAgain(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const first = client
    .getQueryCache()
    .findAll({ queryKey, fetchStatus: "fetching" })
    .filter((query) => query.state.data === undefined);
  await Promise.all(first.map((query) => query.promise?.catch(() => undefined)));
  await client.invalidateQueries({ queryKey });
}
