import { useId, useState } from "react";
import type { Fan } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import { sentenceFor } from "../../lib/problems/sentence";
import { Note } from "../../ui/Note";
import { changeTo, chosenIn, labelOf, optionsOf, type Row } from "./choices";
import styles from "./Privacy.module.css";
import { useChange } from "./useSettings";
import { privacyWords } from "./words";

type RowProps = {
  row: Row;
  /** As chosen, saved or not yet. */
  fan: Fan;
  onSaved: (text: string, undo: () => void) => void;
};

/** One question with its plain choices. A choice is saved at once; one that was not saved springs back and says so. */
export function ChoiceRow({ row, fan, onSaved }: RowProps) {
  const say = useWords(privacyWords);
  const plain = say as (key: string) => string;
  const id = useId();
  const change = useChange((saved, before) => {
    const text = say("saved", { what: plain(`${row}.title`), choice: plain(labelOf(row, saved[row])) });
    if (before) onSaved(text, () => change.mutate({ [row]: before[row] }));
  });
  // Known in the same moment as the press; the mutation's own state is told a moment later.
  const [pressed, setPressed] = useState<string | null>(null);
  const chosen = pressed ?? chosenIn(row, fan);
  const choose = (value: string) => {
    setPressed(value);
    change.mutate(changeTo(row, value), { onSettled: () => setPressed(null) });
  };
  const moot = row !== "visibility" && fan.visibility === "hidden";
  return (
    <fieldset className={styles.row} data-moot={moot || undefined}>
      <legend>{plain(`${row}.title`)}</legend>
      {moot && <p className={styles.moot}>{say("choices.moot")}</p>}
      <div className={styles.options}>
        {optionsOf(row, fan).map(({ value, label, so }) => (
          <label key={value} className={styles.option}>
            <input
              type="radio"
              name={`${id}-${row}`}
              value={value}
              checked={value === chosen}
              onChange={() => choose(value)}
              aria-describedby={`${id}-${value}`}
            />
            <span>
              <strong>{plain(label)}</strong>
              <small id={`${id}-${value}`}>{plain(so)}</small>
            </span>
          </label>
        ))}
      </div>
      {change.isError && (
        <Note tone="bad">
          {say("notSaved", { choice: plain(labelOf(row, fan[row])) })} {sentenceFor(change.error)}
        </Note>
      )}
    </fieldset>
  );
}
