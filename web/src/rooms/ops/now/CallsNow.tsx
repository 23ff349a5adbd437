/** Whether calls are on, how many ring and run, and the red button; while they are off, who did it and the way back. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { lastOn, stateText, whoIn, wishOf } from "../flags/state";
import { type Flag, type Overview, useFlagHistory, useSetFlag } from "../queries";
import { opsWords } from "../words";
import { CallsOff } from "./CallsOff";
import styles from "./Now.module.css";

export function goingOn(seen: Overview): { ring: number; run: number } {
  const { ringing = 0, connecting = 0, active = 0, reconnecting = 0 } = seen.callsInProgress;
  return { ring: ringing, run: connecting + active + reconnecting };
}

export function CallsNow({ flag, seen }: { flag: Flag; seen: Overview }) {
  const say = useWords(opsWords);
  const [asking, setAsking] = useState(false);
  const { ring, run } = goingOn(seen);
  const off = flag.state === "off";
  return (
    <div className={styles.calls} data-calls={flag.state}>
      <h3>{say("calls.title")}</h3>
      <p className={styles.callsState}>
        {flag.state === "some"
          ? say("calls.some", { who: whoIn(say, flag) })
          : say(off ? "calls.off" : "calls.on")}
      </p>
      {off && flag.author && (
        <p>
          {say("calls.offBy", {
            author: flag.author,
            when: flag.updatedAt ? moment(flag.updatedAt) : "",
            reason: flag.reason,
          })}
        </p>
      )}
      <p data-going>
        {ring + run === 0
          ? say("off.none")
          : say("calls.going", {
              ring: say("calls.ring", { count: ring }),
              run: say("calls.run", { count: run }),
            })}
      </p>
      {off ? (
        <WayBack flag={flag} />
      ) : (
        <Button color="red" size="lg" className={styles.red ?? ""} onClick={() => setAsking(true)}>
          {say("off.button")}
        </Button>
      )}
      {asking && (
        <CallsOff
          ring={ring}
          run={run}
          rollout={seen.rollout?.state === "running"}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

/** Calls come back as they were: for everyone, or for the part they were on for. */
function WayBack({ flag }: { flag: Flag }) {
  const say = useWords(opsWords);
  const history = useFlagHistory(flag.key, flag.updatedAt, flag.overridden);
  const setting = useSetFlag();
  const before = lastOn(history.data ?? [], flag.default);
  if (!flag.overridden || !history.data || !(before || flag.default)) return null;
  const state = before && before.state !== null ? stateText(say, before.state, before) : say("flag.on");
  return (
    <>
      <ProblemNote problem={setting.error} />
      <Button
        variant="default"
        size="lg"
        loading={setting.isPending}
        onClick={() =>
          setting.mutate({
            key: flag.key,
            wish: wishOf(before),
            reason: say("off.undoReason", { reason: flag.reason }).slice(0, 500),
          })
        }
      >
        {say("off.undo", { state })}
      </Button>
    </>
  );
}
