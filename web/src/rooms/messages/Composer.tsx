import { Button } from "@mantine/core";
import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import styles from "./Messages.module.css";
import type { useSend } from "./queries";
import { messagesWords } from "./words";

const BODY_MAX = 4000;
/** Without a keyboard of its own, Enter belongs to the text. */
const hasKeyboard = () => window.matchMedia("(pointer: fine)").matches;

type ComposerProps = { name: string; send: ReturnType<typeof useSend> };

export function Composer({ name, send }: ComposerProps) {
  const say = useWords(messagesWords);
  const [text, setText] = useState("");
  const hint = useId();
  const body = text.trim();

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!body || send.isPending) return;
    setText("");
    // What was not sent is still there to be sent.
    send.mutate(body, { onError: () => setText((typed) => typed || body) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || !hasKeyboard()) return;
    event.preventDefault();
    submit();
  };
  return (
    <form className={styles.composer} onSubmit={submit}>
      <ProblemNote problem={send.error} />
      <textarea
        className={styles.field}
        aria-label={say("write", { name })}
        aria-describedby={hint}
        placeholder={say("write", { name })}
        rows={1}
        maxLength={BODY_MAX}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <span id={hint} hidden>
        {say("keys")}
      </span>
      <Button type="submit" className={styles.send ?? ""} disabled={!body || send.isPending}>
        {say("send")}
      </Button>
    </form>
  );
}
