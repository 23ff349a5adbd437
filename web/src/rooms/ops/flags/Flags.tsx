/** Every flag with its switch, for whom it is on, who said so and why, and what it was before. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { Section } from "../../../ui/Page";
import type { Flag } from "../queries";
import { opsWords } from "../words";
import { type Choice, FlagForm } from "./FlagForm";
import styles from "./Flags.module.css";
import { History } from "./History";
import { flagName, stateText } from "./state";

export function Flags({ flags }: { flags: readonly Flag[] }) {
  const say = useWords(opsWords);
  return (
    <Section
      title={say("flags.title")}
      id="flags"
      note={<small className={styles.by}>{say("flags.note")}</small>}
    >
      <ul className={styles.flags}>
        {flags.map((flag) => (
          <FlagRow key={flag.key} flag={flag} />
        ))}
      </ul>
    </Section>
  );
}

function FlagRow({ flag }: { flag: Flag }) {
  const say = useWords(opsWords);
  const [choice, setChoice] = useState<Choice | null>(null);
  const name = flagName(say, flag.key);
  return (
    <li data-flag={flag.key}>
      <div className={styles.row}>
        <div className={styles.what}>
          <strong>{name}</strong>
          <code>{flag.key}</code>
        </div>
        <button
          type="button"
          role="switch"
          aria-checked={flag.state !== "off"}
          aria-label={say("flag.switch", { key: name })}
          className={styles.switch}
          data-state={flag.state}
          onClick={() => setChoice(flag.state === "off" ? "on" : "off")}
        />
      </div>
      <p className={styles.state}>
        {flag.overridden
          ? stateText(say, flag.state, flag)
          : say(flag.default ? "flag.default.on" : "flag.default.off")}
      </p>
      {flag.overridden && flag.updatedAt && (
        <p className={styles.by}>
          {flag.reason
            ? say("flag.by", { author: flag.author, when: moment(flag.updatedAt), reason: flag.reason })
            : say("flag.byPlain", { author: flag.author, when: moment(flag.updatedAt) })}
        </p>
      )}
      <div className={styles.more}>
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={say("flag.partOf", { key: name })}
          onClick={() => setChoice("some")}
        >
          {say("flag.part")}
        </Button>
        <History flag={flag} name={name} />
      </div>
      {choice && <FlagForm flag={flag} name={name} first={choice} onClose={() => setChoice(null)} />}
    </li>
  );
}
