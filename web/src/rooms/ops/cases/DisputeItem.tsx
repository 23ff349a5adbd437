/** One dispute: give tokens back, or uphold the charge. The amount is the total that shall have been refunded. */
import { Button } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { TextField } from "../../../ui/TextField";
import { type Dispute, useResolveDispute } from "../queries";
import { opsWords } from "../words";
import styles from "./Cases.module.css";

export function DisputeItem({ dispute }: { dispute: Dispute }) {
  const say = useWords(opsWords);
  const resolving = useResolveDispute();
  const [typed, setTyped] = useState(String(dispute.tokensCharged));
  const [platformPays, setPlatformPays] = useState(false);
  const tokens = /^\d{1,12}$/.test(typed.trim()) ? Number(typed) : 0;
  const resolve = (amount: number) => resolving.mutate({ id: dispute.callId, tokens: amount, platformPays });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    resolve(tokens);
  };
  const somebody = say("report.somebody");
  return (
    <li data-dispute={dispute.callId}>
      <p className={styles.says}>
        <strong>
          {say("dispute.says", {
            fan: dispute.fan?.displayName ?? somebody,
            creator: dispute.creator?.displayName ?? somebody,
          })}
        </strong>
        <time dateTime={dispute.createdAt}>{moment(dispute.createdAt)}</time>
      </p>
      {dispute.text && <blockquote>{dispute.text}</blockquote>}
      <p className={styles.quiet}>
        {say("dispute.money", {
          charged: dispute.tokensCharged,
          refunded: dispute.refundedTokens,
          frozen: dispute.frozenTokens,
        })}
      </p>
      <form onSubmit={submit} className={styles.decide}>
        <TextField
          label={say("dispute.refund")}
          value={typed}
          inputMode="numeric"
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={platformPays}
            onChange={(event) => setPlatformPays(event.target.checked)}
          />
          {say("dispute.platform")}
        </label>
        <ProblemNote problem={resolving.error} />
        <div className={styles.buttons}>
          <Button
            type="submit"
            loading={resolving.isPending}
            disabled={tokens < 1 || tokens > dispute.tokensCharged}
          >
            {say("dispute.do", { count: tokens })}
          </Button>
          <Button
            variant="default"
            loading={resolving.isPending}
            onClick={() => resolve(dispute.refundedTokens)}
          >
            {say("dispute.uphold")}
          </Button>
        </div>
      </form>
    </li>
  );
}
