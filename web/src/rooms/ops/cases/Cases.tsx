/** Open reports and disputes, and what an operator decides about them. */
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { Section } from "../../../ui/Page";
import { useDisputes, useReports } from "../queries";
import { opsWords } from "../words";
import styles from "./Cases.module.css";
import { DisputeItem } from "./DisputeItem";
import { ReportItem } from "./ReportItem";

export function Cases() {
  const say = useWords(opsWords);
  const reports = useReports();
  const disputes = useDisputes();
  const [open, disputed] = [reports.data?.reports ?? [], disputes.data?.disputes ?? []];
  return (
    <Section title={say("cases.title")} id="cases">
      <ProblemNote problem={reports.error ?? disputes.error} />
      {reports.data && disputes.data && open.length + disputed.length === 0 && (
        <p className={styles.quiet}>{say("cases.none")}</p>
      )}
      {disputed.length > 0 && (
        <>
          <h3 className={styles.head}>{say("disputes.title")}</h3>
          <ul className={styles.cases}>
            {disputed.map((dispute) => (
              <DisputeItem key={dispute.callId} dispute={dispute} />
            ))}
          </ul>
        </>
      )}
      {open.length > 0 && (
        <>
          <h3 className={styles.head}>{say("reports.title")}</h3>
          <ul className={styles.cases}>
            {open.map((report) => (
              <ReportItem key={report.id} report={report} />
            ))}
          </ul>
        </>
      )}
      {(reports.data?.nextCursor || disputes.data?.nextCursor) && (
        <p className={styles.quiet}>{say("cases.more")}</p>
      )}
    </Section>
  );
}
