/** A quiet bar in a tab that does not carry the call. */
import { Button } from "@mantine/core";
import type { Call } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import type { CallDesk } from "./desk/desk";
import { otherOf } from "./desk/states";
import type { DeskView } from "./desk/view";
import styles from "./Stage.module.css";
import { callsWords } from "./words";

export function ElsewhereBar({ call, desk, view }: { call: Call; desk: CallDesk; view: DeskView }) {
  const say = useWords(callsWords);
  const name = otherOf(call)?.displayName ?? say("someone");
  return (
    <aside className={styles.bar} aria-live="polite">
      <span>{say("elsewhere.text", { name })}</span>
      <Button
        size="compact-sm"
        variant="default"
        loading={view.busy === "takeover"}
        onClick={() => desk.takeOver(call)}
      >
        {say("elsewhere.take")}
      </Button>
    </aside>
  );
}
