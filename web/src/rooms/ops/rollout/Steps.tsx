/** The steps of a roll-out; the one that is watched counts down by the second between two answers of the service. */
import { useEffect, useState } from "react";
import { clockText } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import type { Rollout, Step } from "../queries";
import { opsWords } from "../words";
import styles from "./Rollout.module.css";

export function Steps({ rollout }: { rollout: Rollout }) {
  const say = useWords(opsWords);
  return (
    <ol className={styles.steps} aria-label={say("rollout.steps")}>
      {rollout.steps.map((step) => (
        <li
          key={step.position}
          data-state={step.state}
          aria-current={
            step.position === rollout.position && rollout.state === "running" ? "step" : undefined
          }
        >
          <span>
            {step.percentage === null
              ? say(`phase.${step.phase}`)
              : say("phase.part", { phase: say(`phase.${step.phase}`), percent: step.percentage })}
          </span>
          <StepState step={step} />
        </li>
      ))}
    </ol>
  );
}

function StepState({ step }: { step: Step }) {
  const say = useWords(opsWords);
  switch (step.state) {
    case "watching":
      return <Left seconds={step.leftSeconds ?? 0} />;
    case "passed":
      return <small>{say("rollout.passed")}</small>;
    case "aborted":
      return <small>{say("rollout.stopped")}</small>;
    case "waiting":
      return <small>{say("rollout.watched", { time: clockText(step.watchSeconds) })}</small>;
  }
}

function Left({ seconds }: { seconds: number }) {
  const say = useWords(opsWords);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    setLeft(seconds);
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return (
    <small className={styles.left}>
      {left > 0 ? say("rollout.left", { time: clockText(left) }) : say("rollout.over")}
    </small>
  );
}
