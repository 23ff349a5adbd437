/** What a flag was before, newest first; read when somebody opens it. */
import { useState } from "react";
import { moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { type Flag, useFlagHistory } from "../queries";
import { opsWords } from "../words";
import styles from "./Flags.module.css";
import { stateText } from "./state";

export function History({ flag, name }: { flag: Flag; name: string }) {
  const say = useWords(opsWords);
  const [open, setOpen] = useState(false);
  const history = useFlagHistory(flag.key, flag.updatedAt, open);
  return (
    <details className={styles.history} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-label={say("flag.historyOf", { key: name })}>{say("flag.history")}</summary>
      <ProblemNote problem={history.error} />
      {history.data?.length === 0 && <p>{say("flag.never")}</p>}
      <ol>
        {history.data?.map((change) => (
          <li key={change.id}>
            <strong>
              {change.state === null ? say("flag.cleared") : stateText(say, change.state, change)}
            </strong>{" "}
            {change.reason
              ? say("flag.by", { author: change.author, when: moment(change.at), reason: change.reason })
              : say("flag.byPlain", { author: change.author, when: moment(change.at) })}
          </li>
        ))}
      </ol>
    </details>
  );
}
