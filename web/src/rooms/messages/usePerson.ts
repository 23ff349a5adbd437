/**
 * Who the other person of a thread is: from the link that led here, else from whatever this page has already read.
 * Somebody who is not known from there has no name here, and the service is not asked for one.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "react-router";
import type { Person } from "../../lib/api/types";
import { useReach } from "../../lib/queries/fan";
import { useThreads } from "../../lib/queries/threads";

export function usePerson(userId: string): Person | null {
  const { state } = useLocation() as { state: { person?: Person } | null };
  const client = useQueryClient();
  const threads = useThreads();
  const reach = useReach();
  const told = state?.person?.id === userId ? state.person : undefined;
  const mine = client.getQueryData<{ pages: { fans: { fan: Person }[] }[] }>(["fans", "mine"]);
  return (
    threads.data?.find((thread) => thread.person.id === userId)?.person ??
    told ??
    reach.data?.find((one) => one.creator.id === userId)?.creator ??
    mine?.pages.flatMap((page) => page.fans).find((one) => one.fan.id === userId)?.fan ??
    null
  );
}
