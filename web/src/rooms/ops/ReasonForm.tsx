/** A question above the page that is answered with a reason. Nothing happens before its button. */
import { Button } from "@mantine/core";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import { Sheet } from "../../ui/Sheet";
import { TextField } from "../../ui/TextField";
import styles from "./Ops.module.css";
import { ProblemDetails } from "./ProblemDetails";
import { opsWords } from "./words";

type ReasonFormProps = {
  title: string;
  action: string;
  red?: boolean;
  busy: boolean;
  problem: unknown;
  /** What else is wrong with what was chosen. */
  complaint?: string | undefined;
  onReason: (reason: string) => void;
  onClose: () => void;
  children: ReactNode;
};

export function ReasonForm(props: ReasonFormProps) {
  const { title, action, red = false, busy, problem, complaint, onReason, onClose, children } = props;
  const say = useWords(opsWords);
  const id = useId();
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const missing = reason.trim() === "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!missing && !complaint) onReason(reason.trim());
  };
  return (
    <Sheet labelledBy={id} onEscape={onClose}>
      <form onSubmit={submit} className={styles.ask} noValidate>
        <h2 id={id}>{title}</h2>
        {children}
        {tried && complaint && (
          <p className={styles.bad} role="alert">
            {complaint}
          </p>
        )}
        <TextField
          label={say("reason")}
          value={reason}
          maxLength={400}
          autoComplete="off"
          data-focus-first
          error={tried && missing ? say("reason.missing") : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
        <ProblemNote problem={problem}>
          <ProblemDetails problem={problem} />
        </ProblemNote>
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            {say("keep")}
          </Button>
          <Button type="submit" loading={busy} {...(red ? { color: "red" } : {})}>
            {action}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
