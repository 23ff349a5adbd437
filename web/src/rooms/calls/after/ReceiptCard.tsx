/** The receipt: what was connected, what was free, what it cost and where the tokens went. */
import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import type { Call, Receipt } from "../../../lib/api/types";
import { clockText } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { useReceipt } from "../receipts";
import { callsWords } from "../words";
import styles from "./After.module.css";
import { QualityLine } from "./QualityLine";

export function ReceiptCard({ callId, role }: { callId: string; role: Call["role"] }) {
  const receipt = useReceipt(callId);
  if (receipt.isPending) return <Skeleton height={150} radius="lg" />;
  if (receipt.error) return <ProblemNote problem={receipt.error} />;
  return <Lines receipt={receipt.data} role={role} />;
}

function Lines({ receipt, role }: { receipt: Receipt; role: Call["role"] }) {
  const say = useWords(callsWords);
  const tokens = (count: number) => say("receipt.tokens", { count });
  const freeSeconds = receipt.gaps.reduce((sum, gap) => sum + gap.seconds, 0);
  const creator = receipt.creator?.displayName ?? say("someone");
  const fan = role === "fan";
  return (
    <section className={styles.receipt} aria-label={say("receipt.title")} data-testid="receipt">
      <h3>{say("receipt.title")}</h3>
      <dl>
        <Line label={say("receipt.connected")}>{clockText(receipt.billableSeconds)}</Line>
        {receipt.gaps.length > 0 && (
          <Line label={say("receipt.gaps", { count: receipt.gaps.length })}>{clockText(freeSeconds)}</Line>
        )}
        <Line label={say("receipt.price")}>{tokens(receipt.tokensPerMinute)}</Line>
        <Line label={say(fan ? "receipt.paid" : "receipt.charged")} strong={fan}>
          {tokens(receipt.tokensCharged)}
        </Line>
        {receipt.feeTokens > 0 && <Line label={say("receipt.fee")}>{tokens(receipt.feeTokens)}</Line>}
        <Line
          label={fan ? say("receipt.received", { name: creator }) : say("receipt.youReceived")}
          strong={!fan}
        >
          {tokens(receipt.creatorTokens)}
        </Line>
        {receipt.refundedTokens > 0 && (
          <Line label={say("receipt.refunded")}>{tokens(receipt.refundedTokens)}</Line>
        )}
      </dl>
      <QualityLine receipt={receipt} />
      <p>{say("receipt.roundingBy", { count: receipt.incrementSeconds })}</p>
    </section>
  );
}

function Line({ label, strong = false, children }: { label: string; strong?: boolean; children: ReactNode }) {
  return (
    <div data-strong={strong || undefined}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
