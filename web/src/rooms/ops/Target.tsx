/** One figure and how it stands to its target, in a word as well as in a colour. */
import { useWords } from "../../lib/i18n/words";
import { milliseconds, percent } from "./figureText";
import styles from "./Ops.module.css";
import { standingOf, type TargetName } from "./targets";
import { opsWords } from "./words";

export function Target({ name, value }: { name: TargetName; value: number | null }) {
  const say = useWords(opsWords);
  const standing = standingOf(name, value);
  const fine = name === "errors" || name === "abuse" ? 2 : 0;
  return (
    <div className={styles.target} data-standing={standing} data-target={name}>
      <dt>{say(`target.${name}`)}</dt>
      <dd>
        <strong>{value === null ? "–" : name === "p95" ? milliseconds(value) : percent(value, fine)}</strong>
        <small>{say(`target.${standing}`, { aim: say(`target.${name}.aim`) })}</small>
      </dd>
    </div>
  );
}
