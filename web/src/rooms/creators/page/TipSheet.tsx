/** Tokens for a creator, with what one has in sight. Nothing moves before the last button says how much. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Link } from "react-router";
import { api, ask, idempotencyKey } from "../../../lib/api/client";
import { codeOf } from "../../../lib/api/refusal";
import { useWords } from "../../../lib/i18n/words";
import { useWallet } from "../../../lib/queries/wallet";
import { Amounts } from "../../../ui/Amounts";
import { ProblemNote } from "../../../ui/Note";
import { Sheet } from "../../../ui/Sheet";
import { TextField } from "../../../ui/TextField";
import styles from "./CreatorPage.module.css";
import { pageWords } from "./words";

const AMOUNTS = [5, 10, 25, 50];
const TIP_MAX = 1_000_000;

type TipProps = { username: string; name: string; onClose: () => void };

export default function TipSheet({ username, name, onClose }: TipProps) {
  const say = useWords(pageWords);
  const client = useQueryClient();
  const wallet = useWallet();
  const [amount, setAmount] = useState(String(AMOUNTS[1]));
  // One tip for one amount, however often the button is pressed or the answer is lost.
  const key = useRef(idempotencyKey());
  const choose = (typed: string) => {
    key.current = idempotencyKey();
    tip.reset();
    setAmount(typed);
  };
  const whole = /^\d{1,7}$/.test(amount.trim()) ? Number(amount) : 0;
  const valid = whole >= 1 && whole <= TIP_MAX;
  const tip = useMutation({
    networkMode: "always",
    mutationFn: (count: number) =>
      ask(
        api.POST("/api/creators/{username}/tip", {
          params: { path: { username }, header: key.current },
          body: { tokens: count },
        }),
      ),
    onSuccess: () => {
      for (const stale of ["wallet", "relationships", "fans"])
        void client.invalidateQueries({ queryKey: [stale] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (valid) tip.mutate(whole);
  };
  const title = (
    <h2 id="tip-title" className={styles.tipTitle} tabIndex={-1} data-focus-first>
      {say("tip.title", { name })}
    </h2>
  );
  if (tip.isSuccess)
    return (
      <Sheet labelledBy="tip-title" onEscape={onClose}>
        {title}
        <p role="status">
          {say("tip.done", { count: tip.data.tip.tokens, name })}{" "}
          {say("tip.left", { count: tip.data.wallet.available })}
        </p>
        <Button fullWidth onClick={onClose}>
          {say("tip.over")}
        </Button>
      </Sheet>
    );
  return (
    <Sheet labelledBy="tip-title" onEscape={onClose}>
      <form onSubmit={submit} className={styles.tip}>
        {title}
        {wallet.data && <p className={styles.have}>{say("tip.have", { count: wallet.data.available })}</p>}
        <Amounts
          legend={say("tip.choose")}
          name="tip"
          amounts={AMOUNTS}
          chosen={whole}
          onChoose={(one) => choose(String(one))}
        />
        <TextField
          label={say("tip.other")}
          inputMode="numeric"
          value={amount}
          error={!valid && say("tip.wrong")}
          onChange={(event) => choose(event.currentTarget.value)}
        />
        <ProblemNote problem={tip.error}>
          {codeOf(tip.error) === "INSUFFICIENT_TOKENS" && (
            <>
              {" "}
              <Link to="/wallet">{say("tip.wallet")}</Link>
            </>
          )}
        </ProblemNote>
        <div className={styles.tipButtons}>
          <Button variant="default" onClick={onClose}>
            {say("tip.stay")}
          </Button>
          <Button type="submit" disabled={!valid} loading={tip.isPending}>
            {say("tip.do", { count: whole })}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
