import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import type { WalletEntry } from "../../lib/api/types";
import { moment, signedTokens } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Wallet.module.css";
import { walletWords } from "./words";
import english from "./words/en";

type Key = keyof typeof english;

/** The words for a movement depend on its direction where both ends are people. */
export function kindOf({ kind, tokens }: Pick<WalletEntry, "kind" | "tokens">): Key {
  const directed = `kind.${kind}.${tokens < 0 ? "out" : "in"}`;
  if (directed in english) return directed as Key;
  return `kind.${kind}` in english ? (`kind.${kind}` as Key) : "kind.other";
}

export function Entries() {
  const say = useWords(walletWords);
  const query = useInfiniteQuery({
    queryKey: ["wallet", "entries"],
    queryFn: ({ pageParam }) =>
      ask(api.GET("/api/wallet/entries", { params: { query: pageParam ? { cursor: pageParam } : {} } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <Section title={say("entries.title")} id="entries">
      <ProblemNote problem={query.error} />
      {query.isPending && [1, 2, 3].map((row) => <Skeleton key={row} height={48} mb="sm" radius="lg" />)}
      {query.data && entries.length === 0 && <p className={styles.quiet}>{say("entries.none")}</p>}
      <ul className={styles.entries}>
        {entries.map((entry) => (
          <li key={entry.id}>
            <span>
              {(say as (key: Key) => string)(kindOf(entry))}
              {entry.memo && <small>{entry.memo}</small>}
              <time dateTime={entry.createdAt}>{moment(entry.createdAt)}</time>
            </span>
            <strong data-in={entry.tokens > 0 || undefined}>{signedTokens(entry.tokens)}</strong>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button variant="default" onClick={() => query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {say("entries.more")}
        </Button>
      )}
    </Section>
  );
}
