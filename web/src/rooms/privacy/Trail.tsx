/** The fan's own record of what she changed, newest first, in plain words. */
import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import type { OwnEvent, Person, Relationship } from "../../lib/api/types";
import { moment } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Privacy.module.css";
import { sentencesOf } from "./trailWords";
import { privacyWords } from "./words";

const PAGE = 50;
const SHOWN_FIRST = 8;

type TrailProps = { reach: readonly Relationship[]; blocks: readonly Person[] };

export default function Trail({ reach, blocks }: TrailProps) {
  const say = useWords(privacyWords);
  const query = useInfiniteQuery({
    queryKey: ["fans", "events"],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET("/api/fans/me/events", {
          params: { query: { limit: PAGE, ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  const names = new Map<string, string>();
  for (const person of [...blocks, ...reach.map((one) => one.creator)])
    names.set(person.id, person.displayName);
  const nameOf = (event: OwnEvent) => names.get(event.creatorId ?? "") ?? say("trail.somebody");
  const lines = (query.data?.pages ?? [])
    .flatMap((page) => page.events)
    .flatMap((event) =>
      sentencesOf(say, event, nameOf(event)).map((text) => ({
        key: `${event.id} ${text}`,
        at: event.at,
        text,
      })),
    );
  return (
    <Section title={say("trail.title")} id="trail">
      <p className={styles.lead}>{say("trail.lead")}</p>
      <ProblemNote problem={query.error} />
      {query.isPending && <Skeleton height={120} radius="lg" />}
      {query.data && lines.length === 0 && !query.hasNextPage && (
        <p className={styles.quiet}>{say("trail.none")}</p>
      )}
      <Lines lines={lines} />
      {query.hasNextPage && (
        <Button
          variant="subtle"
          size="compact-md"
          onClick={() => query.fetchNextPage()}
          loading={query.isFetchingNextPage}
        >
          {say("trail.more")}
        </Button>
      )}
    </Section>
  );
}

type Line = { readonly key: string; readonly at: string; readonly text: string };

/** A long record scrolls in its own frame, which the keyboard reaches too. */
function Lines({ lines }: { lines: readonly Line[] }) {
  const long = lines.length > SHOWN_FIRST;
  return (
    <div
      className={styles.trailFrame}
      {...(long && { tabIndex: 0, role: "group", "aria-labelledby": "trail" })}
    >
      <ol className={styles.trail}>
        {lines.map(({ key, at, text }) => (
          <li key={key}>
            <time dateTime={at}>{moment(at)}</time>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
