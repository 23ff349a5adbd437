import type { ReactNode } from "react";
import { useWords } from "../../../lib/i18n/words";
import type { CaptureSnapshot } from "../../../media/capture";
import { GearIcon, HangUpIcon, MicIcon, MicOffIcon, VideoIcon, VideoOffIcon } from "../../../ui/icons";
import { callsWords } from "../words";
import styles from "./Active.module.css";

type ControlsProps = {
  capture: CaptureSnapshot;
  video: boolean;
  ending: boolean;
  onMute: () => void;
  onCamera: () => void;
  onDevices: () => void;
  onEnd: () => void;
};

export function Controls({ capture, video, ending, onMute, onCamera, onDevices, onEnd }: ControlsProps) {
  const say = useWords(callsWords);
  return (
    <div className={styles.controls} role="toolbar" aria-label={say("control.keys")}>
      <Control
        label={say(capture.microphone ? "control.mute" : "control.unmute")}
        off={!capture.microphone}
        onPress={onMute}
      >
        {capture.microphone ? <MicIcon size={24} /> : <MicOffIcon size={24} />}
      </Control>
      {video && (
        <Control
          label={say(capture.camera ? "control.cameraOff" : "control.cameraOn")}
          off={!capture.camera}
          busy={capture.cameraOpening}
          onPress={onCamera}
        >
          {capture.camera ? <VideoIcon size={24} /> : <VideoOffIcon size={24} />}
        </Control>
      )}
      <Control label={say("control.devices")} onPress={onDevices}>
        <GearIcon size={24} />
      </Control>
      <Control label={say("control.end")} kind="end" busy={ending} onPress={onEnd}>
        <HangUpIcon size={26} />
      </Control>
    </div>
  );
}

type ControlProps = {
  label: string;
  children: ReactNode;
  onPress: () => void;
  off?: boolean;
  busy?: boolean;
  kind?: "end";
};

/** The word changes with the state, so the label alone tells what a press will do. */
function Control({ label, children, onPress, off = false, busy = false, kind }: ControlProps) {
  return (
    <button
      type="button"
      className={styles.control}
      data-off={off || undefined}
      data-kind={kind}
      disabled={busy}
      onClick={onPress}
    >
      <span>{children}</span>
      {label}
    </button>
  );
}
