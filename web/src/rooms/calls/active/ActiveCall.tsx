/** The call itself: the other person large, oneself small, the time and the cost, and the controls at the thumb. */
import { useEffect, useState } from "react";
import { Refused } from "../../../lib/api/refusal";
import type { Call } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { Avatar } from "../../../ui/Avatar";
import { ProblemNote } from "../../../ui/Note";
import { Sheet } from "../../../ui/Sheet";
import type { CallDesk } from "../desk/desk";
import { otherOf } from "../desk/states";
import type { DeskView } from "../desk/view";
import { callsWords } from "../words";
import styles from "./Active.module.css";
import { CaptureNotes } from "./CaptureNotes";
import { Controls } from "./Controls";
import { DevicePicker } from "./DevicePicker";
import { EndQuestion } from "./EndQuestion";
import { Meter } from "./Meter";
import { Picture } from "./Picture";
import { RemoteSound } from "./RemoteSound";
import { SelfView } from "./SelfView";
import { StatusLine } from "./StatusLine";
import { useCallKeys } from "./useCallKeys";
import { useCapture, useMediaSession } from "./useMedia";

type ActiveProps = { call: Call; desk: CallDesk; view: DeskView };

/** Closing the page would drop the other person: the browser asks first. */
function useLeaveQuestion(): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, []);
}

export default function ActiveCall({ call, desk, view }: ActiveProps) {
  const say = useWords(callsWords);
  const capture = useCapture(view.capture);
  const media = useMediaSession(view.session);
  const [panel, setPanel] = useState<"none" | "devices" | "end">("none");
  const other = otherOf(call);
  const name = other?.displayName ?? say("someone");
  const video = call.callType === "video";

  const mute = () => void view.capture?.setMicrophone(!capture.microphone);
  const camera = () => video && void view.capture?.setCamera(!capture.camera);
  useLeaveQuestion();
  useCallKeys({ m: mute, v: camera });

  return (
    <Sheet labelledBy="call-title" className={styles.call} onEscape={() => setPanel("end")}>
      <div className={styles.stage}>
        {media?.remoteCamera && media.flow !== "waiting" && !media.pictureStalled ? (
          <Picture stream={media.remote} label={name} />
        ) : (
          <div className={styles.faceless}>
            <Avatar person={other} size={132} />
            {media?.flow === "connected" && video && (
              <p>{say(media.pictureStalled ? "call.pictureHeld" : "call.cameraOff", { name })}</p>
            )}
          </div>
        )}
        <header className={styles.top}>
          <div className={styles.who}>
            <h2 id="call-title" tabIndex={-1} data-focus-first>
              {name}
            </h2>
            <StatusLine call={call} media={media} up={view.up} name={name} />
          </div>
          <Meter call={call} />
        </header>
        <div className={styles.notes}>
          {view.capture && <CaptureNotes capture={view.capture} video={video} />}
          {view.problem?.verb === "media" &&
            (view.problem.cause instanceof Refused ? (
              <ProblemNote problem={view.problem.cause} />
            ) : (
              <div className={styles.note}>{say("problem.media")}</div>
            ))}
          {view.problem?.verb === "end" && <ProblemNote problem={view.problem.cause} />}
          {media && <RemoteSound stream={media.remote} name={name} />}
        </div>
        {capture.view && <SelfView stream={capture.view} />}
      </div>
      <Controls
        capture={capture}
        video={video}
        ending={view.busy === "end"}
        onMute={mute}
        onCamera={camera}
        onDevices={() => setPanel("devices")}
        onEnd={() => void desk.end(call)}
      />
      {panel === "devices" && view.capture && (
        <DevicePicker capture={view.capture} video={video} onClose={() => setPanel("none")} />
      )}
      {panel === "end" && (
        <EndQuestion name={name} onStay={() => setPanel("none")} onEnd={() => void desk.end(call)} />
      )}
    </Sheet>
  );
}
