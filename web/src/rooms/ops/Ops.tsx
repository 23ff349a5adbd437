/** The operator's page: the first screenful says whether it is well and how to turn it off; then everything else. */
import { Skeleton } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { timeOfDay } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import { Page, Section } from "../../ui/Page";
import { AuditPanel } from "./AuditPanel";
import { Cases } from "./cases/Cases";
import { Figures } from "./Figures";
import { Flags } from "./flags/Flags";
import { partName } from "./flags/state";
import { Now } from "./now/Now";
import styles from "./Ops.module.css";
import { type Range, useFlags, useOverview } from "./queries";
import { RolloutPanel } from "./rollout/RolloutPanel";
import { Story } from "./Story";
import { verdictOf } from "./targets";
import { opsWords } from "./words";

const Plots = lazy(() => import("./plots/Plots"));
const RANGES: readonly Range[] = ["hour", "day", "week"];

export default function Ops() {
  const say = useWords(opsWords);
  const [range, setRange] = useState<Range>("hour");
  const { data: seen, error } = useOverview(range);
  const flags = useFlags().data ?? seen?.flags;
  const verdict = seen && verdictOf(seen);
  const names = verdict?.names.map((name) => partName(say, name)).join(", ") ?? "";
  return (
    <Page
      title={say("title")}
      lead={
        <span role="status" className={styles.verdict} data-verdict={error ? "unknown" : verdict?.word}>
          {error ? say("lead.unknown") : verdict ? say(`lead.${verdict.word}`, { names }) : " "}
        </span>
      }
      aside={seen && <span className={styles.asOf}>{say("at", { time: timeOfDay(seen.at, true) })}</span>}
    >
      <ProblemNote problem={error} />
      {!seen && !error && <Skeleton height={320} radius="lg" />}
      {seen && flags && <Now seen={seen} flags={flags} />}
      {seen && (
        <>
          <div className={styles.two}>
            <Flags flags={flags ?? []} />
            <RolloutPanel rollout={seen.rollout} guard={seen.guard} />
          </div>
          <Section
            title={say("figures.title")}
            id="figures"
            note={
              <fieldset className={styles.range}>
                <legend>{say("range.label")}</legend>
                {RANGES.map((option) => (
                  <label key={option}>
                    <input
                      type="radio"
                      name="range"
                      checked={option === range}
                      onChange={() => setRange(option)}
                    />
                    <span>{say(`range.${option}`)}</span>
                  </label>
                ))}
              </fieldset>
            }
          >
            <Figures seen={seen} />
            <Suspense fallback={<Skeleton height={240} radius="lg" />}>
              <Plots points={seen.points} range={seen.range} />
            </Suspense>
          </Section>
          <div className={styles.two}>
            <Cases />
            <AuditPanel />
          </div>
          <Story />
        </>
      )}
    </Page>
  );
}
