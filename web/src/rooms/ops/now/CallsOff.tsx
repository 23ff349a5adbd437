/** Says first what will happen to the calls that ring and run, asks why, then does it. */
import { useWords } from "../../../lib/i18n/words";
import { Note } from "../../../ui/Note";
import { useSetFlag } from "../queries";
import { ReasonForm } from "../ReasonForm";
import { opsWords } from "../words";
import styles from "./Now.module.css";

type CallsOffProps = { ring: number; run: number; rollout: boolean; onClose: () => void };

export function CallsOff({ ring, run, rollout, onClose }: CallsOffProps) {
  const say = useWords(opsWords);
  const setting = useSetFlag();
  return (
    <ReasonForm
      title={say("off.title")}
      action={say("off.do")}
      red
      problem={setting.error}
      busy={setting.isPending}
      onClose={onClose}
      onReason={(reason) =>
        setting.mutate({ key: "FEATURE_CALLS", wish: { enabled: false }, reason }, { onSuccess: onClose })
      }
    >
      <ul className={styles.will}>
        <li>{say("off.new")}</li>
        {ring > 0 && <li>{say("off.ring", { count: ring })}</li>}
        {run > 0 && <li>{say("off.run", { count: run })}</li>}
        {ring + run === 0 && <li>{say("off.none")}</li>}
        <li>{say("off.back")}</li>
      </ul>
      {rollout && <Note tone="warn">{say("off.rollout")}</Note>}
    </ReasonForm>
  );
}
