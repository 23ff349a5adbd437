/** How good the connection was, from its first second to its last: a line for the eye, the same in words beneath. */
import type { Receipt } from "../../../lib/api/types";
import { clockText } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { callsWords } from "../words";
import styles from "./After.module.css";
import { partsOf, sharesOf } from "./quality";

export function QualityLine({ receipt }: { receipt: Receipt }) {
  const say = useWords(callsWords);
  const parts = partsOf(receipt);
  const known = parts.some((part) => part.kind !== "unknown" && part.kind !== "gap");
  if (!known) return null;
  const total = parts.reduce((sum, part) => sum + part.seconds, 0);
  const words = sharesOf(parts).map(({ kind, seconds }) =>
    say(`receipt.quality.${kind}`, { time: clockText(seconds) }),
  );
  return (
    <figure className={styles.quality} data-testid="quality">
      <figcaption>{say("receipt.quality")}</figcaption>
      <div aria-hidden="true">
        {parts.map((part) => (
          <i key={part.at} data-kind={part.kind} style={{ flexGrow: part.seconds / total }} />
        ))}
      </div>
      <p>{words.join(" · ")}</p>
    </figure>
  );
}
