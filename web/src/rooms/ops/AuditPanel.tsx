/** What the reconciler finds when it looks now. */
import { Button } from "@mantine/core";
import { moment } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { Note, ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import { number } from "./figureText";
import styles from "./Ops.module.css";
import { useAudit } from "./queries";
import { opsWords } from "./words";

export function AuditPanel() {
  const say = useWords(opsWords);
  const audit = useAudit();
  const look = audit.data;
  return (
    <Section title={say("audit.title")} id="books">
      <p className={styles.quiet}>{say("audit.text")}</p>
      <Button variant="default" loading={audit.isPending} onClick={() => audit.mutate()}>
        {say("audit.do")}
      </Button>
      <ProblemNote problem={audit.error} />
      {look && (
        <div className={styles.found}>
          <Note tone={look.findings.length === 0 ? "calm" : look.clean ? "warn" : "bad"}>
            {look.findings.length === 0
              ? say("audit.clean", { when: moment(look.at), seconds: number(look.seconds, 1) })
              : say("audit.found", { count: look.findings.length, when: moment(look.at) })}
          </Note>
          <ul className={styles.findings}>
            {look.findings.map((finding) => (
              <li key={`${finding.check} ${finding.subject} ${finding.detail}`}>
                <strong lang="en">{finding.says}</strong>
                <code>{finding.subject}</code>
                <span lang="en">{finding.detail}</span>
                <em>
                  {say(
                    finding.waiting ? "audit.waiting" : finding.mendable ? "audit.mendable" : "audit.hand",
                  )}
                </em>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  );
}
