/** From when until when nothing rings here. Both ends are saved together, by the clock of this device. */
import { Button } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Fan } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import { Note, ProblemNote } from "../../ui/Note";
import styles from "./Privacy.module.css";
import { useChange } from "./useSettings";
import { privacyWords } from "./words";

const EVENING = { from: "22:00", until: "07:00" };
const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export default function QuietHours({ fan, onSaved }: { fan: Fan; onSaved: (text: string) => void }) {
  const say = useWords(privacyWords);
  const kept = fan.quietFrom && fan.quietUntil ? { from: fan.quietFrom, until: fan.quietUntil } : null;
  const [typed, setTyped] = useState(kept);
  const change = useChange((saved) => {
    const { quietFrom: from, quietUntil: until } = saved;
    onSaved(from && until ? say("quiet.saved", { from, until }) : say("quiet.cleared"));
  });
  const same = typed !== null && typed.from === typed.until;
  const changed = typed && (typed.from !== kept?.from || typed.until !== kept.until);

  const toggle = (on: boolean) => {
    setTyped(on ? EVENING : null);
    if (!on && kept) change.mutate({ quietFrom: null, quietUntil: null });
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (typed && !same) change.mutate({ quietFrom: typed.from, quietUntil: typed.until, timezone: here() });
  };
  return (
    <form className={styles.row} onSubmit={save} aria-label={say("quiet.title")}>
      <h3>{say("quiet.title")}</h3>
      <p className={styles.moot}>{say("quiet.lead")}</p>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={typed !== null}
          onChange={(event) => toggle(event.currentTarget.checked)}
        />
        {say("quiet.on")}
      </label>
      {typed && (
        <div className={styles.hours}>
          {(["from", "until"] as const).map((end) => (
            <label key={end}>
              {say(`quiet.${end}`)}
              <input
                type="time"
                required
                value={typed[end]}
                onChange={(event) => setTyped({ ...typed, [end]: event.currentTarget.value })}
              />
            </label>
          ))}
          {changed && (
            <Button type="submit" variant="default" loading={change.isPending} disabled={same}>
              {say("quiet.save")}
            </Button>
          )}
          <p className={styles.moot}>{say("quiet.zone", { zone: kept ? fan.timezone : here() })}</p>
        </div>
      )}
      {same && <Note tone="warn">{say("quiet.same")}</Note>}
      <ProblemNote problem={change.error} />
    </form>
  );
}
