/** Says what goes and what is kept, and asks for the user name in full before anything happens. */
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { api, ask } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { useWallet } from "../../lib/queries/wallet";
import { useSwitchSession } from "../../lib/session/useSession";
import { Note, ProblemNote } from "../../ui/Note";
import { Sheet } from "../../ui/Sheet";
import { TextField } from "../../ui/TextField";
import styles from "./Privacy.module.css";
import { privacyWords } from "./words";

export default function EraseQuestion({ username, onStay }: { username: string; onStay: () => void }) {
  const say = useWords(privacyWords);
  const navigate = useNavigate();
  const switchSession = useSwitchSession();
  const wallet = useWallet();
  const [typed, setTyped] = useState("");
  const sure = typed.trim().toLowerCase() === username;
  const erase = useMutation({
    networkMode: "always",
    mutationFn: () => ask(api.DELETE("/api/fans/me", { body: { confirm: username } })),
    onSuccess: () => {
      navigate("/erased", { replace: true });
      switchSession(null);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (sure) erase.mutate();
  };
  const left = wallet.data?.balance ?? 0;
  return (
    <Sheet labelledBy="erase-title" onEscape={onStay}>
      <form onSubmit={submit}>
        <h2 id="erase-title" className={styles.question} tabIndex={-1} data-focus-first>
          {say("erase.title")}
        </h2>
        <dl className={styles.terms}>
          <dt>{say("erase.gone")}</dt>
          <dd>{say("erase.gone.text")}</dd>
          <dt>{say("erase.kept")}</dt>
          <dd>{say("erase.kept.text")}</dd>
        </dl>
        {left > 0 && <Note tone="warn">{say("erase.tokens", { count: left })}</Note>}
        <TextField
          className={styles.confirm}
          label={say("erase.type", { username })}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <ProblemNote problem={erase.error} />
        <div className={styles.pair}>
          <Button variant="default" onClick={onStay}>
            {say("erase.stay")}
          </Button>
          <Button type="submit" disabled={!sure} loading={erase.isPending}>
            {say("erase.now")}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
