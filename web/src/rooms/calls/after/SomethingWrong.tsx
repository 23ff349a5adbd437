/** "Something wrong?": report the person, or dispute the charge. */
import { Button, Group } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { Note, ProblemNote } from "../../../ui/Note";
import { afterwards, REASONS, type Reason } from "../receipts";
import { callsWords } from "../words";
import styles from "./After.module.css";

type Way = "report" | "dispute";
type WrongProps = { callId: string; name: string; canDispute: boolean };

export function SomethingWrong({ callId, name, canDispute }: WrongProps) {
  const say = useWords(callsWords);
  const [way, setWay] = useState<Way | "closed" | "choose">("closed");
  const [sent, setSent] = useState<Way | null>(null);
  if (sent) return <Note>{say(`wrong.sent.${sent}`)}</Note>;
  if (way === "closed")
    return (
      <button
        type="button"
        className={styles.quietLink}
        onClick={() => setWay(canDispute ? "choose" : "report")}
      >
        {say("wrong.open")}
      </button>
    );
  if (way === "choose")
    return (
      <div className={styles.wrong}>
        <strong>{say("wrong.title")}</strong>
        <Button variant="default" onClick={() => setWay("report")}>
          {say("wrong.report")}
        </Button>
        <Button variant="default" onClick={() => setWay("dispute")}>
          {say("wrong.dispute")}
        </Button>
      </div>
    );
  return (
    <WrongForm
      key={way}
      callId={callId}
      name={name}
      way={way}
      onBack={() => setWay("closed")}
      onSent={() => setSent(way)}
    />
  );
}

type FormProps = { callId: string; name: string; way: Way; onBack: () => void; onSent: () => void };

function WrongForm({ callId, name, way, onBack, onSent }: FormProps) {
  const say = useWords(callsWords);
  const [reason, setReason] = useState<Reason>("harassment");
  const [text, setText] = useState("");
  const send = useMutation<unknown>({
    mutationFn: () =>
      way === "report"
        ? afterwards.report(callId, reason, text.trim())
        : afterwards.dispute(callId, text.trim()),
    onSuccess: onSent,
  });
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // In braces: newer browsers return a promise here, which is no clean-up.
    form.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <form ref={form} className={styles.wrong} onSubmit={submit}>
      <strong>{say(`wrong.${way}`)}</strong>
      <p>{way === "report" ? say("wrong.reportText", { name }) : say("wrong.disputeText")}</p>
      {way === "report" && (
        <label className={styles.field}>
          {say("wrong.reason")}
          <select value={reason} onChange={(event) => setReason(event.currentTarget.value as Reason)}>
            {REASONS.map((one) => (
              <option key={one} value={one}>
                {say(`wrong.reason.${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className={styles.field}>
        {say("wrong.tell")}
        <textarea
          required
          rows={3}
          maxLength={2000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <ProblemNote problem={send.error} />
      <Group grow>
        <Button variant="default" onClick={onBack}>
          {say("wrong.back")}
        </Button>
        <Button type="submit" loading={send.isPending}>
          {say("wrong.send")}
        </Button>
      </Group>
    </form>
  );
}
