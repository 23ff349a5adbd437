/** One conversation: oldest at the top, the newest in sight, a field beneath where writing is possible. */
import { Button, Skeleton } from "@mantine/core";
import { useEffect, useLayoutEffect, useRef } from "react";
import { Link } from "react-router";
import type { Message } from "../../lib/api/types";
import { day, timeOfDay } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { Avatar } from "../../ui/Avatar";
import { ProblemNote } from "../../ui/Note";
import { Composer } from "./Composer";
import styles from "./Messages.module.css";
import { useMarkRead, useSend, useThread } from "./queries";
import { usePerson } from "./usePerson";
import { messagesWords } from "./words";

const NEAR_END_PX = 160;

export function Thread({ userId }: { userId: string }) {
  const say = useWords(messagesWords);
  const person = usePerson(userId);
  const name = person?.displayName ?? say("someone");
  const query = useThread(userId);
  const send = useSend(userId);
  const messages = (query.data?.pages.flatMap((page) => page.messages) ?? []).toReversed();
  const canMessage = query.data?.pages[0]?.canMessage ?? false;
  useReading(userId, messages);
  const log = useNewestInSight(messages.at(-1)?.id, send.isPending);

  return (
    <section className={styles.thread} aria-labelledby="thread-name">
      <header className={styles.head}>
        <Link to="/messages" className={styles.back} aria-label={say("back")}>
          <span aria-hidden="true">←</span>
        </Link>
        {person && <Avatar person={person} size={40} />}
        <h2 id="thread-name">{name}</h2>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={styles.log} ref={log} role="log" aria-label={say("log", { name })} tabIndex={0}>
        {query.isPending && <Skeleton height={120} radius="lg" />}
        <ProblemNote problem={query.error} />
        {query.hasNextPage && (
          <Button
            variant="subtle"
            size="compact-md"
            className={styles.earlier ?? ""}
            onClick={() => query.fetchNextPage()}
            loading={query.isFetchingNextPage}
          >
            {say("earlier")}
          </Button>
        )}
        {query.data && messages.length === 0 && !send.isPending && (
          <p className={styles.empty}>{say("empty")}</p>
        )}
        {messages.map((message, index) => (
          <Bubble
            key={message.id}
            message={message}
            before={messages[index - 1]}
            last={index === messages.length - 1}
          />
        ))}
        {send.isPending && (
          <p className={styles.bubble} data-mine data-pending>
            {send.variables}
            <small>{say("sending")}</small>
          </p>
        )}
      </div>
      {query.data && canMessage && <Composer name={name} send={send} />}
      {query.data && !canMessage && <p className={styles.closed}>{say("closed")}</p>}
    </section>
  );
}

type BubbleProps = { message: Message; before: Message | undefined; last: boolean };

function Bubble({ message, before, last }: BubbleProps) {
  const say = useWords(messagesWords);
  const newDay = !before || day(before.at) !== day(message.at);
  return (
    <>
      {newDay && <p className={styles.day}>{day(message.at)}</p>}
      <p className={styles.bubble} data-mine={message.mine || undefined}>
        {message.body}
        <small>
          <time dateTime={message.at}>{timeOfDay(message.at)}</time>
          {message.mine && last && ` · ${say(message.readAt ? "read" : "sent")}`}
        </small>
      </p>
    </>
  );
}

/** What is on the screen of somebody who looks at it is read. */
function useReading(userId: string, messages: readonly Message[]): void {
  const { mutate } = useMarkRead(userId);
  const newest = messages.findLast((message) => !message.mine);
  const unread = newest && !newest.readAt ? newest.id : null;
  useEffect(() => {
    if (!unread) return;
    const look = () => document.visibilityState === "visible" && mutate();
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [unread, mutate]);
}

/** Keeps the end in sight as messages arrive, unless the reader has scrolled up to older ones. */
function useNewestInSight(newest: string | undefined, sending: boolean) {
  const ref = useRef<HTMLDivElement>(null);
  const opened = useRef(false);
  useLayoutEffect(() => {
    const log = ref.current;
    if (!log) return;
    const fromEnd = log.scrollHeight - log.scrollTop - log.clientHeight;
    const grown = log.lastElementChild?.clientHeight ?? 0;
    if (!opened.current || sending || fromEnd < NEAR_END_PX + grown) log.scrollTop = log.scrollHeight;
    if (newest) opened.current = true;
  }, [newest, sending]);
  return ref;
}
