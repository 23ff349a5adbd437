import { useWords } from "../../../lib/i18n/words";
import { TextField } from "../../../ui/TextField";
import { minutesFor } from "../desk/cost";
import { callsWords } from "../words";
import styles from "./Ring.module.css";

/** Null is no limit; a limit below one minute's price could not pay for the call. */
export function limitOf(text: string | null, rate: number): number | null | "wrong" {
  if (text === null || text.trim() === "") return null;
  const limit = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return limit >= rate ? limit : "wrong";
}

type LimitProps = { text: string | null; rate: number; onText: (text: string) => void };

export function SpendingLimit({ text, rate, onText }: LimitProps) {
  const say = useWords(callsWords);
  const limit = limitOf(text, rate);
  if (text === null)
    return (
      <button type="button" className={styles.quietLink} onClick={() => onText("")}>
        {say("ring.limit")}
      </button>
    );
  return (
    <TextField
      className={styles.limit ?? ""}
      label={say("ring.limitLabel")}
      inputMode="numeric"
      autoFocus
      value={text}
      error={limit === "wrong" && say("ring.limitWrong", { rate })}
      description={typeof limit === "number" && say("ring.limitMinutes", { count: minutesFor(limit, rate) })}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}
