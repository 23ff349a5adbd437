/**
 * What somebody asks for while signed out waits until they are signed in, and is then done, once. The page they are
 * on stays as it is; closing the dialog forgets the wish.
 */
import { ActionIcon } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { CloseIcon } from "../../ui/icons";
import { Sheet } from "../../ui/Sheet";
import styles from "./Account.module.css";
import { EnterForm } from "./EnterForm";
import { accountWords } from "./words";

type SoftAuth<Intent> = { want: (intent: Intent) => void; dialog: ReactNode };

/** `reason` says in the dialog what signing in is for; `act` does it. */
export function useSoftAuth<Intent>(
  act: (intent: Intent) => void,
  reason: (intent: Intent) => string,
): SoftAuth<Intent> {
  const { user } = useSession();
  const [waiting, setWaiting] = useState<{ intent: Intent } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: done when somebody is signed in, whatever else changed
  useEffect(() => {
    if (!user || !waiting) return;
    setWaiting(null);
    act(waiting.intent);
  }, [user, waiting]);

  return {
    want: (intent) => (user ? act(intent) : setWaiting({ intent })),
    dialog: waiting && !user && (
      <SignInDialog reason={reason(waiting.intent)} onClose={() => setWaiting(null)} />
    ),
  };
}

function SignInDialog({ reason, onClose }: { reason: string; onClose: () => void }) {
  const say = useWords(accountWords);
  const [joining, setJoining] = useState(false);
  return (
    <Sheet labelledBy="enter-title" describedBy="enter-reason" onEscape={onClose}>
      <ActionIcon
        className={styles.close ?? ""}
        variant="subtle"
        color="gray"
        size="lg"
        onClick={onClose}
        aria-label={say("close")}
      >
        <CloseIcon size={18} />
      </ActionIcon>
      <h2 id="enter-title" className={styles.title}>
        {say(joining ? "up.title" : "in.title")}
      </h2>
      <p id="enter-reason" className={styles.reason}>
        {reason}
      </p>
      <EnterForm joining={joining} onOther={setJoining} />
    </Sheet>
  );
}
