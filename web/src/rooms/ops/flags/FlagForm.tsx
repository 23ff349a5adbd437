/** Changes one flag: for everyone, for a part, off, or as the environment says; always with a reason. */
import { useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { TextField } from "../../../ui/TextField";
import { type Flag, useSetFlag, type Wish } from "../queries";
import { ReasonForm } from "../ReasonForm";
import { opsWords } from "../words";
import styles from "./Flags.module.css";

export type Choice = "on" | "some" | "off" | "clear";
type FlagFormProps = { flag: Flag; name: string; first: Choice; onClose: () => void };

export function FlagForm({ flag, name, first, onClose }: FlagFormProps) {
  const say = useWords(opsWords);
  const setting = useSetFlag();
  const [choice, setChoice] = useState<Choice>(first);
  const [percentage, setPercentage] = useState(String(flag.state === "some" ? flag.percentage : 10));
  const [users, setUsers] = useState(flag.users.join(", "));
  const choices: Choice[] = ["on", "some", "off", ...(flag.overridden ? (["clear"] as const) : [])];
  const share = /^\d{1,3}$/.test(percentage.trim()) ? Number(percentage) : Number.NaN;
  const names = users.split(",").flatMap((user) => user.trim() || []);
  const roles = flag.roles as ("fan" | "creator" | "operator")[];
  const empty = !(share <= 100) || (share === 0 && names.length === 0 && roles.length === 0);
  const wish: Record<Choice, Wish> = {
    on: { enabled: true },
    off: { enabled: false },
    some: { enabled: true, percentage: share, users: names, roles },
    clear: null,
  };
  return (
    <ReasonForm
      title={say("flag.change", { key: name })}
      action={say("flag.save")}
      busy={setting.isPending}
      problem={setting.error}
      complaint={choice === "some" && empty ? say("flag.some.empty") : undefined}
      onClose={onClose}
      onReason={(reason) =>
        setting.mutate({ key: flag.key, wish: wish[choice], reason }, { onSuccess: onClose })
      }
    >
      <fieldset className={styles.choices}>
        <legend>{say("flag.choice")}</legend>
        {choices.map((option) => (
          <label key={option}>
            <input
              type="radio"
              name="choice"
              checked={option === choice}
              onChange={() => setChoice(option)}
            />
            {option === "clear"
              ? say(flag.default ? "flag.choose.clear.on" : "flag.choose.clear.off")
              : say(`flag.choose.${option}`)}
          </label>
        ))}
      </fieldset>
      {choice === "some" && (
        <>
          <TextField
            label={say("flag.percentage")}
            value={percentage}
            inputMode="numeric"
            onChange={(event) => setPercentage(event.target.value)}
          />
          <TextField
            label={say("flag.users")}
            value={users}
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setUsers(event.target.value)}
          />
        </>
      )}
    </ReasonForm>
  );
}
