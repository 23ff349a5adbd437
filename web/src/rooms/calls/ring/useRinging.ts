/**
 * The sound of a ringing call and the flashing title. One tab rings even when several show the call; the sound lasts
 * 45 s. Browsers keep a page silent until the person has touched it: `needsTap` says so.
 */
import { useEffect, useRef, useState } from "react";

export const SOUND_SECONDS = 45;
const BELL_EVERY_MS = 2600;
const FLASH_MS = 1000;

function strike(context: AudioContext): void {
  const at = context.currentTime;
  for (const [index, pitch] of [659.3, 523.3, 784].entries()) {
    const start = at + index * 0.28;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.14, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 1.1);
    const note = context.createOscillator();
    note.type = "sine";
    note.frequency.value = pitch;
    note.connect(gain).connect(context.destination);
    note.start(start);
    note.stop(start + 1.2);
  }
}

/** Resolves when this tab may make the sound; the returned function lets another tab have it. */
function oneTab(name: string, mine: () => void): () => void {
  if (!navigator.locks) {
    mine();
    return () => {};
  }
  const leave = new AbortController();
  let release = () => {};
  navigator.locks
    .request(name, { signal: leave.signal }, () => {
      mine();
      return new Promise<void>((done) => {
        release = done;
      });
    })
    .catch(() => undefined);
  return () => {
    leave.abort();
    release();
  };
}

export function useRingSound(lockName: string, audible: boolean): { needsTap: boolean; tap: () => void } {
  const [needsTap, setNeedsTap] = useState(false);
  const context = useRef<AudioContext | null>(null);

  useEffect(() => {
    if (!audible || typeof AudioContext === "undefined") return;
    const sound = new AudioContext();
    context.current = sound;
    let timer: ReturnType<typeof setInterval> | undefined;
    const look = () => setNeedsTap(sound.state !== "running");
    sound.addEventListener("statechange", look);
    const leave = oneTab(lockName, () => {
      look();
      const bell = () => sound.state === "running" && strike(sound);
      bell();
      timer = setInterval(bell, BELL_EVERY_MS);
    });
    const wake = () => void sound.resume().catch(() => undefined);
    wake();
    window.addEventListener("pointerdown", wake);
    window.addEventListener("keydown", wake);
    return () => {
      leave();
      clearInterval(timer);
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
      sound.removeEventListener("statechange", look);
      void sound.close().catch(() => undefined);
      context.current = null;
      setNeedsTap(false);
    };
  }, [lockName, audible]);

  return { needsTap: audible && needsTap, tap: () => void context.current?.resume().catch(() => undefined) };
}

export function useTitleFlash(title: string): void {
  useEffect(() => {
    const before = document.title;
    let shown = false;
    const flash = () => {
      shown = !shown;
      document.title = shown ? title : before;
    };
    flash();
    const timer = setInterval(flash, FLASH_MS);
    return () => {
      clearInterval(timer);
      document.title = before;
    };
  }, [title]);
}

/** Tells somebody who looks at another window, if they allowed it before. Nothing is asked for here. */
export function useSystemNotice(title: string, body: string, tag: string): void {
  useEffect(() => {
    if (!document.hidden || typeof Notification === "undefined" || Notification.permission !== "granted")
      return;
    const notice = new Notification(title, { body, tag, icon: "/favicon.svg" });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
    return () => notice.close();
  }, [title, body, tag]);
}
