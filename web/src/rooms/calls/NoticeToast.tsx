/** Says for a few seconds why a call stopped ringing here. */
import { ActionIcon } from "@mantine/core";
import { useEffect } from "react";
import { timeOfDay } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { CloseIcon } from "../../ui/icons";
import { otherOf } from "./desk/states";
import type { Notice } from "./desk/view";
import styles from "./Stage.module.css";
import { callsWords } from "./words";

const SHOWN_MS = 9000;

export function NoticeToast({ notice, onClose }: { notice: Notice; onClose: () => void }) {
  const say = useWords(callsWords);
  useEffect(() => {
    const timer = setTimeout(onClose, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [onClose]);
  const name = otherOf(notice.call)?.displayName ?? say("someone");
  const at = notice.call.callBackAt;
  const sentence =
    notice.kind === "elsewhere"
      ? say("notice.elsewhere")
      : notice.kind === "later"
        ? say("notice.later", { name, time: at ? timeOfDay(at) : "" })
        : say(`notice.${notice.kind}`, { name });
  return (
    <div className={styles.toast} role="status">
      {sentence}
      <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label={say("close")}>
        <CloseIcon size={16} />
      </ActionIcon>
    </div>
  );
}
