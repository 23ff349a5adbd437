/** Adds tokens without paying: only where the service allows it, as the demo does. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { api, ask, idempotencyKey } from "../../lib/api/client";
import { tokens } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { Note, ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Wallet.module.css";
import { walletWords } from "./words";

const AMOUNTS = [50, 100, 250, 500];

export function TopUp() {
  const say = useWords(walletWords);
  const client = useQueryClient();
  const [amount, setAmount] = useState(100);
  // Renewed once an answer came: a lost answer is asked for again under the same key.
  const key = useRef(idempotencyKey());
  const adding = useMutation({
    networkMode: "always",
    mutationFn: (count: number) =>
      ask(api.POST("/api/wallet/top-up", { params: { header: key.current }, body: { tokens: count } })),
    onSuccess: ({ wallet }) => {
      key.current = idempotencyKey();
      client.setQueryData(["wallet"], wallet);
      void client.invalidateQueries({ queryKey: ["wallet"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate(amount);
  };
  return (
    <Section title={say("add.title")} id="add">
      <form onSubmit={submit} className={styles.add}>
        <p className={styles.quiet}>{say("add.lead")}</p>
        <fieldset className={styles.amounts}>
          <legend>{say("add.choose")}</legend>
          {AMOUNTS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="amount"
                checked={amount === one}
                onChange={() => {
                  key.current = idempotencyKey();
                  adding.reset();
                  setAmount(one);
                }}
              />
              {tokens(one)}
            </label>
          ))}
        </fieldset>
        <ProblemNote problem={adding.error} />
        {adding.isSuccess && <Note>{say("add.done", { count: adding.variables })}</Note>}
        <Button type="submit" loading={adding.isPending}>
          {say("add.do", { count: amount })}
        </Button>
      </form>
    </Section>
  );
}
