/** Adds tokens without paying: only where the service allows it, as the demo does. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { api, ask, idempotencyKey } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { Amounts } from "../../ui/Amounts";
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
  const choose = (wanted: number) => {
    key.current = idempotencyKey();
    adding.reset();
    setAmount(wanted);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate(amount);
  };
  return (
    <Section title={say("add.title")} id="add">
      <form onSubmit={submit} className={styles.add}>
        <p className={styles.quiet}>{say("add.lead")}</p>
        <Amounts
          legend={say("add.choose")}
          name="amount"
          amounts={AMOUNTS}
          chosen={amount}
          onChoose={choose}
        />
        <ProblemNote problem={adding.error} />
        {adding.isSuccess && <Note>{say("add.done", { count: adding.variables })}</Note>}
        <Button type="submit" loading={adding.isPending}>
          {say("add.do", { count: amount })}
        </Button>
      </form>
    </Section>
  );
}
