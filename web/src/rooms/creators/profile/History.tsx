import type { Shared } from "../../../lib/api/types";
import { clockText, moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import styles from "./Profile.module.css";
import { profileWords } from "./words";

type Line = { readonly shared: Shared; readonly count: number };

/** Messages that follow one another are one line, which has the time of the newest. */
export function linesOf(history: readonly Shared[]): Line[] {
  const lines: Line[] = [];
  for (const shared of history) {
    const last = lines.at(-1);
    if (last && shared.kind === "message" && last.shared.kind === "message")
      lines[lines.length - 1] = { ...last, count: last.count + 1 };
    else lines.push({ shared, count: 1 });
  }
  return lines;
}

export function History({ history }: { history: readonly Shared[] }) {
  const say = useWords(profileWords);
  const what = ({ shared: { kind, callType = "voice", seconds = 0, tokens = 0 }, count }: Line) => {
    if (kind === "tip") return say("did.tip", { count: tokens });
    if (kind === "call") return say(`did.call.${callType}`, { time: clockText(seconds) });
    return kind === "message" ? say("did.message", { count }) : say("did.follow");
  };
  return (
    <div>
      <h4 className={styles.historyTitle}>{say("history")}</h4>
      {history.length === 0 && <p className={styles.quiet}>{say("history.none")}</p>}
      <ul className={styles.history}>
        {linesOf(history).map((line) => (
          <li key={`${line.shared.kind} ${line.shared.at}`}>
            <span>{what(line)}</span>
            <time dateTime={line.shared.at}>{moment(line.shared.at)}</time>
          </li>
        ))}
      </ul>
    </div>
  );
}
