/** Where the roll-out stands, its clock, what the guard sees, and the verbs that are possible now. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { Section } from "../../../ui/Page";
import { ProblemDetails } from "../ProblemDetails";
import { type Guard, type Rollout, useMoveRollout } from "../queries";
import { ReasonForm } from "../ReasonForm";
import { opsWords } from "../words";
import { GuardView } from "./GuardView";
import styles from "./Rollout.module.css";
import { Steps } from "./Steps";

export function RolloutPanel({ rollout, guard }: { rollout: Rollout | null; guard: Guard | null }) {
  const say = useWords(opsWords);
  return (
    <Section title={say("rollout.title")} id="rollout">
      <p className={styles.state} data-rollout={rollout?.state ?? "none"} role="status">
        {rollout ? stateOf(rollout) : say("rollout.none")}
      </p>
      {rollout?.dryRun && <p className={styles.quiet}>{say("rollout.dry")}</p>}
      {rollout?.automatic && <p className={styles.quiet}>{say("rollout.automatic")}</p>}
      <Verbs state={rollout?.state ?? null} />
      {rollout && <Steps rollout={rollout} />}
      <GuardView guard={guard} />
    </Section>
  );

  function stateOf({ state, author, reason, endedAt }: Rollout): string {
    switch (state) {
      case "planned":
      case "running":
        return say(`rollout.${state}`, { author });
      case "aborted":
        return say("rollout.aborted", { reason });
      case "completed":
        return say("rollout.completed", { when: endedAt ? moment(endedAt) : "" });
      case "dropped":
        return say("rollout.dropped");
    }
  }
}

function Verbs({ state }: { state: Rollout["state"] | null }) {
  const say = useWords(opsWords);
  const moving = useMoveRollout();
  const [automatic, setAutomatic] = useState(false);
  const [aborting, setAborting] = useState(false);
  const verb =
    state === "planned" ? "start" : state === "running" ? "next" : state === "aborted" ? "resume" : null;
  return (
    <>
      <div className={styles.verbs}>
        {verb && (
          <Button loading={moving.isPending} onClick={() => moving.mutate({ verb })}>
            {say(`rollout.${verb}`)}
          </Button>
        )}
        {state === "running" && (
          <Button variant="default" onClick={() => setAborting(true)}>
            {say("rollout.abort")}
          </Button>
        )}
        {state !== "running" && state !== "planned" && (
          <>
            <Button
              variant="default"
              loading={moving.isPending}
              onClick={() => moving.mutate({ verb: "plan", automatic })}
            >
              {say("rollout.plan")}
            </Button>
            <label className={styles.automatic}>
              <input
                type="checkbox"
                checked={automatic}
                onChange={(event) => setAutomatic(event.target.checked)}
              />
              {say("rollout.planAuto")}
            </label>
          </>
        )}
      </div>
      {!aborting && (
        <ProblemNote problem={moving.error}>
          <ProblemDetails problem={moving.error} />
        </ProblemNote>
      )}
      {aborting && (
        <ReasonForm
          title={say("rollout.abort.title")}
          action={say("rollout.abort.do")}
          red
          busy={moving.isPending}
          problem={moving.error}
          onClose={() => setAborting(false)}
          onReason={(reason) =>
            moving.mutate({ verb: "abort", reason }, { onSuccess: () => setAborting(false) })
          }
        >
          <p className={styles.quiet}>{say("rollout.abort.text")}</p>
        </ReasonForm>
      )}
    </>
  );
}
