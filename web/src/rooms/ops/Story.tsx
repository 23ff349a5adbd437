/** What operators and the guard did, newest first, as it was recorded. */
import { moment } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Ops.module.css";
import { useStory } from "./queries";
import { opsWords } from "./words";

const SHOWN = 12;
const TOLD = ["key", "enabled", "percentage", "step", "reason", "author"] as const;

export function Story() {
  const say = useWords(opsWords);
  const story = useStory();
  return (
    <Section title={say("story.title")} id="story">
      <ProblemNote problem={story.error} />
      {story.data?.length === 0 && <p className={styles.quiet}>{say("story.none")}</p>}
      <ol className={styles.story}>
        {story.data?.slice(0, SHOWN).map(({ id, type, at, data }) => (
          <li key={id}>
            <time dateTime={at}>{moment(at)}</time>
            <code>{type}</code>
            <span lang="en">
              {TOLD.flatMap((name) => (shown(data[name]) ? [`${name} ${String(data[name])}`] : [])).join(
                " · ",
              )}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

const shown = (value: unknown) => value !== undefined && value !== null && value !== "";
