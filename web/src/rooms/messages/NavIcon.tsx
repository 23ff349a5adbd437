/** The pictogram of messages in the navigation, with how many are new. */

import { shellWords } from "../../app/words";
import { useWords } from "../../lib/i18n/words";
import { useThreads } from "../../lib/queries/threads";
import { useSession } from "../../lib/session/useSession";
import { MessageIcon } from "../../ui/icons";
import styles from "./NavIcon.module.css";

const SHOWN_MAX = 99;

export function MessagesNavIcon({ size = 22 }: { size?: number }) {
  const say = useWords(shellWords);
  const { user } = useSession();
  const threads = useThreads(user !== null);
  const unread = threads.data?.reduce((sum, thread) => sum + thread.unread, 0) ?? 0;
  return (
    <span className={styles.icon} data-unread={unread > 0 || undefined}>
      <MessageIcon size={size} />
      {unread > 0 && (
        <>
          <span className={styles.badge} aria-hidden="true">
            {unread > SHOWN_MAX ? `${SHOWN_MAX}+` : unread}
          </span>
          <span className={styles.words}>{say("unread", { count: unread })}</span>
        </>
      )}
    </span>
  );
}
