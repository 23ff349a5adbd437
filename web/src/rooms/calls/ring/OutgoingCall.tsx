/** "Calling Sam…": the time it still rings, a look at oneself, and a way to stop. */
import { Button } from "@mantine/core";
import { clockText } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { useServerNow } from "../../../lib/useServerNow";
import { Avatar } from "../../../ui/Avatar";
import { HangUpIcon } from "../../../ui/icons";
import { ProblemNote } from "../../../ui/Note";
import { Sheet } from "../../../ui/Sheet";
import { CaptureNotes } from "../active/CaptureNotes";
import { Picture } from "../active/Picture";
import { useCapture } from "../active/useMedia";
import { callsWords } from "../words";
import type { RingProps } from "./CallInvitationModal";
import styles from "./Ring.module.css";

export function OutgoingCall({ call, desk, view }: RingProps) {
  const say = useWords(callsWords);
  const now = useServerNow(500);
  const capture = useCapture(view.capture);
  const name = call.fan?.displayName ?? say("someone");
  const left = Math.max(0, Math.ceil((Date.parse(call.expiresAt) - now) / 1000));
  return (
    <Sheet labelledBy="out-title" className={styles.ring}>
      <div className={styles.portrait}>
        <Avatar person={call.fan} size={104} />
      </div>
      <h2 id="out-title" tabIndex={-1} data-focus-first>
        {say("out.title", { name })}
      </h2>
      <p className={styles.price}>
        <span>
          {call.tokensPerMinute > 0 ? say("out.price", { count: call.tokensPerMinute }) : say("ring.free")}
        </span>
      </p>
      {capture.view && (
        <div className={styles.preview}>
          <Picture stream={capture.view} mirrored label={say("call.self")} />
        </div>
      )}
      {view.capture && <CaptureNotes capture={view.capture} video={call.callType === "video"} />}
      <ProblemNote problem={view.problem?.verb === "cancel" ? view.problem.cause : null} />
      <p className={styles.small} role="timer">
        {say("out.left", { time: clockText(left) })}
      </p>
      <Button
        size="lg"
        radius="xl"
        fullWidth
        variant="default"
        leftSection={<HangUpIcon />}
        loading={view.busy === "cancel"}
        onClick={() => desk.cancel(call)}
      >
        {say("out.cancel")}
      </Button>
    </Sheet>
  );
}
