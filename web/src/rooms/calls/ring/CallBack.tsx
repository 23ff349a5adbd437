/** "Not now, but later": a polite decline that tells the caller when to ring again. */
import { Button } from "@mantine/core";
import { useId, useState } from "react";
import type { CallBackMinutes } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { callsWords } from "../words";
import styles from "./Ring.module.css";

const MINUTES: readonly CallBackMinutes[] = [15, 30, 60];
type BackProps = { busy: boolean; onChoose: (minutes: CallBackMinutes) => void };

export function CallBack({ busy, onChoose }: BackProps) {
  const say = useWords(callsWords);
  const [open, setOpen] = useState(false);
  const label = useId();
  if (!open)
    return (
      <button type="button" className={styles.quietLink} onClick={() => setOpen(true)}>
        {say("ring.later")}
      </button>
    );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is drawn as a form, and these are buttons
    <div role="group" aria-labelledby={label} className={styles.later}>
      <span id={label}>{say("ring.laterIn")}</span>
      {MINUTES.map((minutes, index) => (
        <Button
          key={minutes}
          size="sm"
          radius="xl"
          variant="default"
          autoFocus={index === 0}
          disabled={busy}
          onClick={() => onChoose(minutes)}
        >
          {say("ring.laterMinutes", { count: minutes })}
        </Button>
      ))}
    </div>
  );
}
