/** What is shown once a call is over: its outcome in one honest word, or its receipt. */
import { Button } from "@mantine/core";
import type { Call } from "../../../lib/api/types";
import { timeOfDay } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { Avatar } from "../../../ui/Avatar";
import { Sheet } from "../../../ui/Sheet";
import { otherOf } from "../desk/states";
import { callsWords } from "../words";
import styles from "./After.module.css";
import { because } from "./because";
import { Rating } from "./Rating";
import { ReceiptCard } from "./ReceiptCard";
import { SomethingWrong } from "./SomethingWrong";

export default function AfterCall({ call, onDone }: { call: Call; onDone: () => void }) {
  const say = useWords(callsWords);
  const other = otherOf(call);
  const name = other?.displayName ?? say("someone");
  const talked = call.connectedAt !== null;
  const outcome =
    call.state === "declined" || call.state === "missed" || call.state === "cancelled"
      ? call.state
      : "failed";
  const why = because(call.endReason);
  const later = call.role === "creator" && call.state === "declined" ? call.callBackAt : null;

  return (
    <Sheet labelledBy="over-title" onEscape={onDone}>
      <div className={styles.over}>
        <Avatar person={other} size={64} />
        <h2 id="over-title" tabIndex={-1} data-focus-first>
          {talked
            ? say("over.ended")
            : later
              ? say("over.later", { name, time: timeOfDay(later) })
              : say(`over.${outcome}`, { name })}
        </h2>
        {!talked && <p>{later ? say("over.later.text") : say(`over.${outcome}.text`, { name })}</p>}
        {talked && why && <p>{say(`over.because.${why}`)}</p>}
      </div>
      {talked && (
        <>
          <ReceiptCard callId={call.id} role={call.role} />
          <Rating callId={call.id} />
          <SomethingWrong callId={call.id} name={name} canDispute={call.role === "fan"} />
        </>
      )}
      <Button fullWidth size="md" mt="md" onClick={onDone}>
        {say("over.done")}
      </Button>
    </Sheet>
  );
}
