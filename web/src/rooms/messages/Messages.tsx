/** Conversations on the left, the open one beside them; on a phone one at a time. */
import { Skeleton } from "@mantine/core";
import { useEffect } from "react";
import { Link, useParams } from "react-router";
import type { Thread as OneThread } from "../../lib/api/types";
import { moment } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useThreads } from "../../lib/queries/threads";
import { useSession } from "../../lib/session/useSession";
import { Avatar } from "../../ui/Avatar";
import { ProblemNote } from "../../ui/Note";
import styles from "./Messages.module.css";
import { Thread } from "./Thread";
import { messagesWords } from "./words";

export default function Messages() {
  const say = useWords(messagesWords);
  const { userId } = useParams();
  const { isCreator } = useSession();
  const threads = useThreads();
  useEffect(() => {
    document.title = `${say("title")} · Stagedoor`;
  }, [say]);
  return (
    <div className={styles.page} data-open={userId !== undefined || undefined}>
      <section className={styles.list} aria-labelledby="messages-title">
        <h1 id="messages-title">{say("title")}</h1>
        <ProblemNote problem={threads.error} />
        {threads.isPending && [1, 2, 3].map((row) => <Skeleton key={row} height={64} mb="sm" radius="lg" />)}
        {threads.data?.length === 0 && (
          <p className={styles.quiet}>{say(isCreator ? "threads.noneCreator" : "threads.none")}</p>
        )}
        <ul aria-label={say("threads")}>
          {threads.data?.map((thread) => (
            <ThreadLine key={thread.person.id} thread={thread} open={thread.person.id === userId} />
          ))}
        </ul>
      </section>
      {userId ? (
        <Thread key={userId} userId={userId} />
      ) : (
        <p className={styles.pick}>{threads.data?.length ? say("threads.pick") : ""}</p>
      )}
    </div>
  );
}

function ThreadLine({ thread, open }: { thread: OneThread; open: boolean }) {
  const say = useWords(messagesWords);
  const { person, last, unread } = thread;
  return (
    <li>
      <Link
        to={`/messages/${person.id}`}
        state={{ person }}
        className={styles.line}
        aria-current={open ? "page" : undefined}
        data-unread={unread > 0 || undefined}
      >
        <Avatar person={person} />
        <span className={styles.lineText}>
          <span className={styles.lineHead}>
            <strong>{person.displayName}</strong>
            <time dateTime={last.at}>{moment(last.at)}</time>
          </span>
          <span className={styles.last}>
            <span>{last.mine ? say("mine", { body: last.body }) : last.body}</span>
            {unread > 0 && (
              <span className={styles.count} role="img" aria-label={say("unread", { count: unread })}>
                {unread}
              </span>
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}
