/** Too few tokens: says how many, leads to the wallet, and lets it go on ringing. */
import { Link } from "react-router";
import { codeOf, Refused } from "../../../lib/api/refusal";
import type { Call } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { Note } from "../../../ui/Note";
import type { DeskView } from "../desk/view";
import { callsWords } from "../words";
import styles from "./Ring.module.css";

/** The wallet as last read decides; before it was read, the service's own refusal does. */
export function missingTokens(call: Call, available: number | null, problem: DeskView["problem"]): number {
  if (available !== null) return Math.max(0, call.tokensPerMinute - available);
  if (problem?.verb !== "accept" || codeOf(problem.cause) !== "INSUFFICIENT_TOKENS") return 0;
  const said = problem.cause instanceof Refused ? problem.cause.details.missingTokens : undefined;
  return typeof said === "number" ? said : call.tokensPerMinute;
}

export function Missing({ count, onGo }: { count: number; onGo: () => void }) {
  const say = useWords(callsWords);
  return (
    <div className={styles.missing}>
      <Note tone="warn">
        {say("ring.missing", { count })} {say("ring.keepsRinging")}{" "}
        <Link to="/wallet" onClick={onGo}>
          {say("ring.wallet")}
        </Link>
      </Note>
    </div>
  );
}
