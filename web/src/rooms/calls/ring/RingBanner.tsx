/** A call that rings silently at the edge of the screen: the page can be used, the call can still be answered. */
import { Button } from "@mantine/core";
import { useWords } from "../../../lib/i18n/words";
import styles from "../Stage.module.css";
import { callsWords } from "../words";
import type { RingProps } from "./CallInvitationModal";

export function RingBanner({ call, desk, view, onOpen }: RingProps & { onOpen: () => void }) {
  const say = useWords(callsWords);
  const name = call.creator?.displayName ?? say("someone");
  return (
    <aside className={styles.bar} aria-live="polite">
      <strong>{say("ring.title", { name })}</strong>
      <span style={{ display: "flex", gap: "0.5rem" }}>
        <Button size="compact-md" onClick={onOpen}>
          {say("ring.unfold")}
        </Button>
        <Button
          size="compact-md"
          variant="default"
          loading={view.busy === "decline"}
          onClick={() => void desk.decline(call)}
        >
          {say("ring.decline")}
        </Button>
      </span>
    </aside>
  );
}
