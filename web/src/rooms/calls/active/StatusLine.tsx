/** In one line: does the clock run, does the other's media arrive, how good is the connection. */
import type { Call } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import type { MediaSnapshot } from "../../../media/port";
import { callsWords } from "../words";
import styles from "./Active.module.css";

type StatusProps = { call: Call; media: MediaSnapshot | null; up: boolean; name: string };

export function StatusLine({ call, media, up, name }: StatusProps) {
  const say = useWords(callsWords);
  const quality = media?.quality ?? null;
  const sentence =
    call.state === "reconnecting"
      ? say("call.reconnecting")
      : call.state === "connecting"
        ? say("call.connecting")
        : media?.flow === "lost"
          ? say("call.lost", { name })
          : !up
            ? say("call.offline")
            : null;
  return (
    <p className={styles.status} role="status" data-calm={sentence === null || undefined}>
      {sentence ??
        (quality && (
          <>
            <span className={styles.bars} data-quality={quality} aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {say(`call.quality.${quality}`)}
          </>
        ))}
    </p>
  );
}
