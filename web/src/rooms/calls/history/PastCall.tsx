import { Button } from "@mantine/core";
import { useState } from "react";
import type { Call } from "../../../lib/api/types";
import { clockText, moment, timeOfDay } from "../../../lib/format";
import { type Say, useWords } from "../../../lib/i18n/words";
import { Avatar } from "../../../ui/Avatar";
import { PhoneIcon, VideoIcon } from "../../../ui/icons";
import { ReceiptCard } from "../after/ReceiptCard";
import { SomethingWrong } from "../after/SomethingWrong";
import { isOver, otherOf } from "../desk/states";
import { callsWords } from "../words";
import styles from "./History.module.css";

/** `then`: the call that answered the wish to be called back. */
export function PastCall({ call, then }: { call: Call; then: Call | null }) {
  const say = useWords(callsWords);
  const [open, setOpen] = useState(false);
  const other = otherOf(call);
  const name = other?.displayName ?? say("someone");
  const state = isOver(call) ? (call.state as "ended") : "now";
  const talked = call.connectedAt !== null && isOver(call);
  const Kind = call.callType === "video" ? VideoIcon : PhoneIcon;
  const facts = [
    say(call.role === "creator" ? "history.out" : "history.in"),
    talked ? clockText(call.billableSeconds) : say(`history.state.${state}`),
    moment(call.createdAt),
  ];
  return (
    <li>
      <div className={styles.row}>
        <Avatar person={other} />
        <div className={styles.who}>
          <strong>{name}</strong>
          <small>
            <Kind size={15} /> {say(`kind.${call.callType}`)} · {facts.join(" · ")}
          </small>
          {call.callBackAt && <small>{calledBackWords(say, call.callBackAt, call, then)}</small>}
        </div>
        {talked && (
          <div className={styles.side}>
            <span className={styles.tokens}>{say("receipt.tokens", { count: call.tokensCharged })}</span>
            <Button variant="subtle" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
              {say("receipt.show")}
            </Button>
          </div>
        )}
      </div>
      {open && (
        <div className={styles.receipt}>
          <ReceiptCard callId={call.id} role={call.role} />
          <SomethingWrong callId={call.id} name={name} canDispute={call.role === "fan"} />
        </div>
      )}
    </li>
  );
}

/** When the fan wanted to be called, and what became of it, in words of the one who reads. */
function calledBackWords(
  say: Say<typeof callsWords.english>,
  at: string,
  { role }: Call,
  then: Call | null,
): string {
  const asked = say(role === "fan" ? "back.youAsked" : "back.asked", { time: timeOfDay(at) });
  if (!then) return `${asked} ${Date.parse(at) > Date.now() ? "" : say("back.notYet")}`.trim();
  const time = timeOfDay(then.createdAt);
  if (!isOver(then)) return `${asked} ${say("back.now")}`;
  const talked = then.connectedAt !== null;
  return `${asked} ${talked ? say("back.talked", { time }) : say("back.tried", { time })}`;
}
