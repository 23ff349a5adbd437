import { useWords } from "../../../lib/i18n/words";
import { milliseconds } from "../figureText";
import type { Guard } from "../queries";
import { opsWords } from "../words";
import styles from "./Rollout.module.css";

/** What the guard saw last, its verdict, and why it is not `go`. */
export function GuardView({ guard }: { guard: Guard | null }) {
  const say = useWords(opsWords);
  return (
    <div className={styles.guard}>
      <h3>{say("guard.title")}</h3>
      {!guard && <p>{say("guard.none")}</p>}
      {guard && (
        <>
          <p>
            <strong data-verdict={guard.verdict}>
              {say("guard.says", { verdict: say(`guard.${guard.verdict}`) })}
            </strong>{" "}
            {say(guard.armed ? "guard.armed" : "guard.unarmed")}
          </p>
          {guard.reasons.length > 0 && (
            <ul lang="en">
              {guard.reasons.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          )}
          <p className={styles.quiet}>
            {say("guard.figures", {
              errors: guard.errors,
              requests: guard.requests,
              p95: guard.p95Seconds === null ? "–" : milliseconds(guard.p95Seconds),
              connected: guard.connected,
              accepted: guard.accepted,
            })}
          </p>
        </>
      )}
    </div>
  );
}
