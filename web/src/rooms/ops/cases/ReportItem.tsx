/** One report, and the words it is closed with. */
import { Button } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { moment } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { ProblemNote } from "../../../ui/Note";
import { TextField } from "../../../ui/TextField";
import { type Report, useCloseReport } from "../queries";
import { opsWords } from "../words";
import styles from "./Cases.module.css";

export function ReportItem({ report }: { report: Report }) {
  const say = useWords(opsWords);
  const closing = useCloseReport();
  const [resolution, setResolution] = useState("");
  const somebody = say("report.somebody");
  const accused = report.accused?.displayName ?? somebody;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    closing.mutate({ id: report.id, resolution: resolution.trim() });
  };
  return (
    <li data-report={report.id}>
      <p className={styles.says}>
        <strong>
          {say("report.says", {
            reporter: report.reporter?.displayName ?? somebody,
            accused,
            reason: say(`report.${report.reason}`),
          })}
        </strong>
        <time dateTime={report.createdAt}>{moment(report.createdAt)}</time>
      </p>
      {report.text && <blockquote>{report.text}</blockquote>}
      <form onSubmit={submit} className={styles.decide}>
        <TextField
          label={say("report.resolution")}
          value={resolution}
          maxLength={2000}
          autoComplete="off"
          onChange={(event) => setResolution(event.target.value)}
        />
        <ProblemNote problem={closing.error} />
        <div className={styles.buttons}>
          <Button
            type="submit"
            variant="default"
            loading={closing.isPending}
            disabled={resolution.trim() === ""}
            aria-label={say("report.closeOf", { name: accused })}
          >
            {say("report.close")}
          </Button>
        </div>
      </form>
    </li>
  );
}
