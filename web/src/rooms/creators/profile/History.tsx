import type { Shared } from "../../../lib/api/types";
import { clockText, moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import styles from "./Profile.module.css";
import { profileWords } from "./words";

export function History({ history }: { history: readonly Shared[] }) {
  const say = useWords(profileWords);
  const what = ({ kind, callType = "voice", seconds = 0, tokens = 0 }: Shared) => {
    if (kind === "tip") return say("did.tip", { count: tokens });
    if (kind === "call") return say(`did.call.${callType}`, { time: clockText(seconds) });
    return say(`did.${kind}`);
  };
  return (
    <div>
      <h4 className={styles.historyTitle}>{say("history")}</h4>
      {history.length === 0 && <p className={styles.quiet}>{say("history.none")}</p>}
      <ul className={styles.history}>
        {history.map((one) => (
          <li key={`${one.kind} ${one.at}`}>
            <span>{what(one)}</span>
            <time dateTime={one.at}>{moment(one.at)}</time>
          </li>
        ))}
      </ul>
    </div>
  );
}
