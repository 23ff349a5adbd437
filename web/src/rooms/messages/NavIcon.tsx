/** The pictogram of messages in the navigation, with how many are new. */
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { MessageIcon } from "../../ui/icons";
import styles from "./NavIcon.module.css";
import { useThreads } from "./queries";
import { messagesWords } from "./words";

const SHOWN_MAX = 99;

export function MessagesNavIcon({ size = 22 }: { size?: number }) {
  const say = useWords(messagesWords);
  const { user } = useSession();
  const threads = useThreads(user !== null);
  const unread = threads.data?.reduce((sum, thread) => sum + thread.unread, 0) ?? 0;
  return (
    <span className={styles.icon}>
      <MessageIcon size={size} />
      {unread > 0 && (
        <>
          <span className={styles.badge} aria-hidden="true">
            {unread > SHOWN_MAX ? `${SHOWN_MAX}+` : unread}
          </span>
          <span className={styles.words}>{say("nav.unread", { count: unread })}</span>
        </>
      )}
    </span>
  );
}
