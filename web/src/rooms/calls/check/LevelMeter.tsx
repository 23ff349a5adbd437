/** The live level of a microphone: a bar for the eye at every frame, a word for the ear once in a while. */
import { useEffect, useRef, useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import styles from "./Check.module.css";
import { type Loudness, levelOf, loudnessOf } from "./level";
import { checkWords } from "./words";

const SAY_EVERY_MS = 1000;
const PATIENCE_MS = 6000;
/** The bar rises at once and falls slowly, as meters do: each frame keeps this share. */
const FALL = 0.94;

export function LevelMeter({ track }: { track: MediaStreamTrack }) {
  const say = useWords(checkWords);
  const bar = useRef<HTMLElement>(null);
  const [told, setTold] = useState<{ level: number; loudness: Loudness }>({ level: 0, loudness: "none" });
  const [heard, setHeard] = useState<"waiting" | "heard" | "silent">("waiting");

  useEffect(() => {
    const context = new AudioContext();
    void context.resume().catch(() => undefined);
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const began = performance.now();
    let [saidAt, loudest, drawn, frame] = [began, 0, 0, 0];
    const look = (now: number) => {
      frame = requestAnimationFrame(look);
      analyser.getFloatTimeDomainData(samples);
      const level = levelOf(samples);
      loudest = Math.max(loudest, level);
      drawn = Math.max(level, drawn * FALL);
      bar.current?.style.setProperty("--level", drawn.toFixed(3));
      if (loudnessOf(level) === "good" || loudnessOf(level) === "loud") setHeard("heard");
      else if (now - began > PATIENCE_MS) setHeard((old) => (old === "waiting" ? "silent" : old));
      if (now - saidAt < SAY_EVERY_MS) return;
      setTold({ level: Math.round(loudest * 100), loudness: loudnessOf(loudest) });
      [saidAt, loudest] = [now, 0];
    };
    frame = requestAnimationFrame(look);
    return () => {
      cancelAnimationFrame(frame);
      void context.close().catch(() => undefined);
    };
  }, [track]);

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a native meter cannot be drawn at every frame */}
      <span
        ref={bar}
        className={styles.level}
        role="meter"
        aria-label={say("level")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={told.level}
        aria-valuetext={say(`level.${told.loudness}`)}
      />
      <p className={styles.hint} role="status" data-heard={heard}>
        {say(heard === "heard" ? "heard" : heard === "silent" ? "silent" : "speak")}
      </p>
    </>
  );
}
