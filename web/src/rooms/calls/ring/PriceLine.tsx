import type { Call } from "../../../lib/api/types";
import { tokens } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { minutesFor } from "../desk/cost";
import { callsWords } from "../words";
import styles from "./Ring.module.css";

/** "12 tokens a minute", what the first minute costs at most, and how long the tokens last. */
export function PriceLine({ call, available }: { call: Call; available: number | null }) {
  const say = useWords(callsWords);
  const rate = call.tokensPerMinute;
  if (rate === 0)
    return (
      <p id="ring-price" className={styles.price}>
        {say("ring.free")}
      </p>
    );
  const lasts = available === null ? 0 : minutesFor(available, rate);
  return (
    <p id="ring-price" className={styles.price}>
      <strong>{say("ring.price", { count: rate })}</strong>
      <span>{say("ring.first", { count: rate })}</span>
      {available !== null && lasts > 0 && (
        <span>{say("ring.lasts", { tokens: tokens(available), count: lasts })}</span>
      )}
    </p>
  );
}
