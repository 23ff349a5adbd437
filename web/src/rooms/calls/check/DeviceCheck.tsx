/**
 * Camera, microphone and speaker, tried before a call. Pressing the button that leads here is what turns them on;
 * closing it turns everything off.
 */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { Capture } from "../../../media/capture";
import { SoundIcon, VideoIcon, VideoOffIcon } from "../../../ui/icons";
import { Sheet } from "../../../ui/Sheet";
import { CaptureNotes } from "../active/CaptureNotes";
import { DeviceChoice } from "../active/DeviceChoice";
import { Picture } from "../active/Picture";
import { useCapture, useDevices } from "../active/useMedia";
import { strike } from "../ring/bell";
import { callsWords } from "../words";
import styles from "./Check.module.css";
import { LevelMeter } from "./LevelMeter";
import { checkWords } from "./words";

type CheckProps = { video: boolean; onClose: () => void };

export default function DeviceCheck({ video, onClose }: CheckProps) {
  const { user, demo } = useSession();
  const [capture, setCapture] = useState<Capture | null>(null);
  const label = user?.displayName ?? "";
  useEffect(() => {
    const opened = new Capture({ standIns: demo, label });
    setCapture(opened);
    void opened.openMicrophone();
    if (video) void opened.setCamera(true);
    return () => opened.close();
  }, [demo, label, video]);
  return capture && <Check capture={capture} onClose={onClose} />;
}

function Check({ capture, onClose }: { capture: Capture; onClose: () => void }) {
  const say = useWords(checkWords);
  const sayCalls = useWords(callsWords);
  const open = useCapture(capture);
  const devices = useDevices(capture);
  const of = (kind: MediaDeviceKind) => devices.filter((one) => one.kind === kind && one.deviceId);
  const microphone = open.microphone ? capture.track("audio") : null;
  return (
    <Sheet labelledBy="check-title" describedBy="check-lead" onEscape={onClose} className={styles.check}>
      <h2 id="check-title" tabIndex={-1} data-focus-first>
        {say("title")}
      </h2>
      <p id="check-lead">{say("lead")}</p>
      <div className={styles.notes}>
        <CaptureNotes capture={capture} video />
      </div>
      <div className={styles.parts}>
        <section>
          <div className={styles.picture}>
            {open.view ? (
              <Picture stream={open.view} mirrored label={sayCalls("call.self")} />
            ) : (
              <p>{say(open.cameraOpening ? "opening" : "noCamera")}</p>
            )}
          </div>
          <DeviceChoice
            key={capture.track("video")?.id ?? "none"}
            label={sayCalls("devices.camera")}
            devices={of("videoinput")}
            current={capture.track("video")?.getSettings().deviceId ?? ""}
            onChoose={(id) => void capture.switchDevice("video", id)}
          />
          <Button
            variant="default"
            size="sm"
            leftSection={open.camera ? <VideoOffIcon size={18} /> : <VideoIcon size={18} />}
            loading={open.cameraOpening}
            onClick={() => void capture.setCamera(!open.camera)}
          >
            {say(open.camera ? "cameraOff" : "cameraOn")}
          </Button>
        </section>
        <section>
          <DeviceChoice
            key={capture.track("audio")?.id ?? "none"}
            label={sayCalls("devices.microphone")}
            devices={of("audioinput")}
            current={capture.track("audio")?.getSettings().deviceId ?? ""}
            onChoose={(id) => void capture.switchDevice("audio", id)}
          />
          {microphone ? (
            <LevelMeter key={microphone.id} track={microphone} />
          ) : (
            <p className={styles.hint}>{say("noMicrophone")}</p>
          )}
          <Speaker />
        </section>
      </div>
      <Button fullWidth mt="lg" onClick={onClose}>
        {say("done")}
      </Button>
    </Sheet>
  );
}

function Speaker() {
  const say = useWords(checkWords);
  const [context, setContext] = useState<AudioContext | null>(null);
  useEffect(() => () => void context?.close().catch(() => undefined), [context]);
  const play = () => {
    const sound = context ?? new AudioContext();
    setContext(sound);
    void sound.resume().then(
      () => strike(sound),
      () => undefined,
    );
  };
  return (
    <div className={styles.speaker}>
      <strong>{say("speaker")}</strong>
      <Button variant="default" size="sm" leftSection={<SoundIcon size={18} />} onClick={play}>
        {say("play")}
      </Button>
      <p className={styles.hint} role="status">
        {context && say("played")}
      </p>
    </div>
  );
}
