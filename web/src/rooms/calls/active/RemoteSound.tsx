/**
 * Plays the other's voice. A browser may refuse before the page was touched: then a button asks for that touch. Where
 * both phones of the demo share one room the sound starts off, or the two would howl at each other.
 */
import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import { frameName } from "../../../lib/session/store";
import { SoundIcon } from "../../../ui/icons";
import { callsWords } from "../words";
import styles from "./Active.module.css";

const oneRoom = frameName !== "";

export function RemoteSound({ stream, name }: { stream: MediaStream; name: string }) {
  const say = useWords(callsWords);
  const ref = useRef<HTMLAudioElement>(null);
  const [muted, setMuted] = useState(oneRoom);
  const [refused, setRefused] = useState(false);
  const sound = useMemo(() => new MediaStream(stream.getAudioTracks()), [stream]);

  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    audio.srcObject = sound;
    audio.play().then(
      () => setRefused(false),
      (fault: unknown) => setRefused(fault instanceof DOMException && fault.name === "NotAllowedError"),
    );
  }, [sound]);

  const listen = () => {
    setMuted(false);
    setRefused(false);
    void ref.current?.play().catch(() => setRefused(true));
  };
  return (
    <>
      <audio ref={ref} autoPlay muted={muted} />
      {(muted || refused) && (
        <div className={styles.pill}>
          {muted && <span>{say("call.oneRoom")}</span>}
          <Button size="compact-sm" variant="white" leftSection={<SoundIcon size={16} />} onClick={listen}>
            {muted ? say("call.soundOn") : say("call.hear", { name })}
          </Button>
        </div>
      )}
    </>
  );
}
