/** Timer, cost and what the funds still allow, all from the service's segments and the service's clock. */
import type { Call } from "../../../lib/api/types";
import { clockText } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { useServerNow } from "../../../lib/useServerNow";
import { running } from "../desk/cost";
import { callsWords } from "../words";
import styles from "./Active.module.css";

const LOW_SECONDS = 60;

export function Meter({ call }: { call: Call }) {
  const say = useWords(callsWords);
  const now = useServerNow(250);
  const { seconds, tokens, secondsLeft } = running(call, now);
  const share = secondsLeft === null ? 1 : secondsLeft / Math.max(1, secondsLeft + seconds);
  const low = secondsLeft !== null && secondsLeft <= LOW_SECONDS && call.tokensPerMinute > 0;
  return (
    <div className={styles.meter}>
      <p className={styles.figures}>
        <span role="timer" aria-label={say("call.timer")} data-testid="call-timer">
          {clockText(seconds)}
        </span>
        {call.tokensPerMinute > 0 && (
          <span data-testid="call-cost">{say("call.cost", { count: tokens })}</span>
        )}
      </p>
      {secondsLeft !== null && call.tokensPerMinute > 0 && (
        <>
          <div className={styles.funds} data-low={low || undefined} aria-hidden="true">
            <i style={{ inlineSize: `${Math.round(share * 100)}%` }} />
          </div>
          <p className={styles.fundsText} role={low ? "status" : undefined} data-low={low || undefined}>
            {low
              ? say("call.fundsLow", { time: clockText(secondsLeft) })
              : say("call.funds", { time: clockText(secondsLeft) })}
          </p>
        </>
      )}
    </div>
  );
}
