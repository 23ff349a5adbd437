/** Sam's settings: first one sentence that says who can reach him, then everything that makes it so. */
import { Skeleton } from "@mantine/core";
import { lazy, Suspense, useCallback } from "react";
import { useWords } from "../../lib/i18n/words";
import { useMyBlocks, useMyFan, useReach } from "../../lib/queries/fan";
import { useSession } from "../../lib/session/useSession";
import { Note, ProblemNote } from "../../ui/Note";
import { Page, Section } from "../../ui/Page";
import { useToast } from "../../ui/Toast";
import { Blocked } from "./Blocked";
import { ChoiceRow } from "./ChoiceRow";
import { ROWS } from "./choices";
import styles from "./Privacy.module.css";
import { sentenceOf } from "./sentence";
import { useShown } from "./useSettings";
import { WhoCanReach } from "./WhoCanReach";
import { privacyWords } from "./words";

// What a page begins with is read first; the rest is fetched meanwhile.
const QuietHours = lazy(() => import("./QuietHours"));
const RingWhenClosed = lazy(() => import("../calls/closed/RingWhenClosed"));
const Preview = lazy(() => import("./Preview"));
const ShareSection = lazy(() => import("../cards/ShareSection"));
const Trail = lazy(() => import("./Trail"));
const YourData = lazy(() => import("./YourData"));

export default function FanPrivacySettings() {
  const say = useWords(privacyWords);
  const { flags } = useSession();
  const me = useMyFan();
  const reach = useReach();
  const blocks = useMyBlocks();
  const fan = useShown(me.data);
  const { tell, toast } = useToast({ undo: say("undo"), close: say("close") });
  const onSaved = useCallback((text: string, undo?: () => void) => tell({ text, undo }), [tell]);
  const sentence =
    me.data && reach.data && blocks.data ? sentenceOf(say, me.data, reach.data, blocks.data) : null;
  const mayChange = flags?.FEATURE_FAN_PRIVACY ?? false;

  return (
    <Page
      title={say("title")}
      lead={
        <span className={styles.sentence} aria-live="polite" data-sentence>
          {sentence ?? <Skeleton component="span" height={28} width="90%" display="block" />}
        </span>
      }
    >
      <ProblemNote problem={me.error ?? reach.error ?? blocks.error} />
      <div className={styles.columns}>
        <div className={styles.stack}>
          <Section title={say("choices.title")} id="choices">
            {!fan && !me.error && <Skeleton height={420} radius="lg" />}
            {fan && flags && !mayChange && <Note>{say("choices.off")}</Note>}
            {fan && mayChange && ROWS.map((row) => <ChoiceRow key={row} {...{ row, fan, onSaved }} />)}
            <Suspense>
              {fan && mayChange && <QuietHours fan={fan} onSaved={onSaved} />}
              {fan && flags?.FEATURE_CALLS && <RingWhenClosed onSaved={onSaved} />}
            </Suspense>
          </Section>
          <WhoCanReach reach={reach.data} blocks={blocks.data} onDone={onSaved} />
          <Blocked blocks={blocks.data} onDone={onSaved} />
        </div>
        <div className={styles.stack}>
          <Suspense fallback={<Skeleton height={320} radius="lg" />}>
            {me.data && reach.data && mayChange && (
              <Preview fan={me.data} hiding={fan?.visibility === "hidden"} reach={reach.data} />
            )}
            {fan && <ShareSection person={fan} onDone={onSaved} />}
          </Suspense>
        </div>
      </div>
      <div className={styles.halves}>
        <Suspense>
          <YourData onDone={onSaved} />
          <Trail reach={reach.data ?? []} blocks={blocks.data ?? []} />
        </Suspense>
      </div>
      {toast}
    </Page>
  );
}
