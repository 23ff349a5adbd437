/** The first screenful: the red button, the figures against their targets, and the health of each part. */
import { useWords } from "../../../lib/i18n/words";
import { Section } from "../../../ui/Page";
import { partName } from "../flags/state";
import type { Flag, Overview } from "../queries";
import { Target } from "../Target";
import { figureOf } from "../targets";
import { opsWords } from "../words";
import { CallsNow } from "./CallsNow";
import styles from "./Now.module.css";

const SHOWN = ["errors", "p95", "connect", "completion"] as const;

export function Now({ seen, flags }: { seen: Overview; flags: readonly Flag[] }) {
  const say = useWords(opsWords);
  const calls = flags.find((flag) => flag.key === "FEATURE_CALLS");
  return (
    <Section title={say("now.title")} id="now">
      <div className={styles.now}>
        {calls && <CallsNow flag={calls} seen={seen} />}
        <dl className={styles.targets} aria-label={say("targets")}>
          {SHOWN.map((name) => (
            <Target key={name} name={name} value={figureOf(name, seen)} />
          ))}
        </dl>
      </div>
      <ul className={styles.parts} aria-label={say("parts")}>
        {seen.parts.map((part) => (
          <li key={part.name} data-state={part.state}>
            <strong>{partName(say, part.name)}</strong>
            <span className={styles.word}>{say(`state.${part.state}`)}</span>
            <small lang="en">{part.says}</small>
          </li>
        ))}
      </ul>
    </Section>
  );
}
