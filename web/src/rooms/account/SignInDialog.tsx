/** Sign in, or create an account, above the page one is on. */
import { ActionIcon } from "@mantine/core";
import { useState } from "react";
import { useWords } from "../../lib/i18n/words";
import { CloseIcon } from "../../ui/icons";
import { Sheet } from "../../ui/Sheet";
import styles from "./Account.module.css";
import { EnterForm } from "./EnterForm";
import { accountWords } from "./words";

export default function SignInDialog({ reason, onClose }: { reason: string; onClose: () => void }) {
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
