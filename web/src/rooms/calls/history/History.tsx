/** Every call of mine, newest first; a connected one opens its receipt. */
import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, ask } from "../../../lib/api/client";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { Page } from "../../../ui/Page";
import { callsWords } from "../words";
import { calledBack } from "./calledBack";
import styles from "./History.module.css";
import { PastCall } from "./PastCall";

export default function History() {
  const say = useWords(callsWords);
  const query = useInfiniteQuery({
    queryKey: ["calls", "history"],
    queryFn: ({ pageParam }) =>
      ask(api.GET("/api/calls/history", { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  const calls = query.data?.pages.flatMap((page) => page.calls) ?? [];
  return (
    <Page title={say("history.title")} lead={say("history.lead")} narrow>
      <ProblemNote problem={query.error} />
      {query.isPending && [1, 2, 3].map((row) => <Skeleton key={row} height={64} radius="lg" />)}
      {query.data && calls.length === 0 && <p className={styles.none}>{say("history.none")}</p>}
      <ul className={styles.list}>
        {calls.map((call) => (
          <PastCall key={call.id} call={call} then={calledBack(calls, call)} />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button variant="default" onClick={() => query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {say("history.more")}
        </Button>
      )}
    </Page>
  );
}
