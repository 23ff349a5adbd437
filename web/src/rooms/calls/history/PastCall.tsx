import { Button } from "@mantine/core";
import { useState } from "react";
import type { Call } from "../../../lib/api/types";
import { clockText, moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { Avatar } from "../../../ui/Avatar";
import { PhoneIcon, VideoIcon } from "../../../ui/icons";
import { ReceiptCard } from "../after/ReceiptCard";
import { SomethingWrong } from "../after/SomethingWrong";
import { isOver, otherOf } from "../desk/states";
import { callsWords } from "../words";
import styles from "./History.module.css";

export function PastCall({ call }: { call: Call }) {
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
