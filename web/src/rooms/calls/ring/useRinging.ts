/**
 * The sound of a ringing call and the flashing title. One tab rings even when several show the call; the sound lasts
 * 45 s. Browsers keep a page silent until the person has touched it: `needsTap` says so, unless another tab is heard.
 */
import { useEffect, useRef, useState } from "react";
import { recall } from "../../../lib/push/shelf";
import { strike } from "./bell";
import { OneRinger } from "./oneRinger";

export const SOUND_SECONDS = 45;
const BELL_EVERY_MS = 2600;
const FLASH_MS = 1000;

export type RingSound = { readonly needsTap: boolean; readonly ringing: boolean; readonly tap: () => void };

export function useRingSound(name: string, audible: boolean): RingSound {
  const [state, setState] = useState({ needsTap: false, ringing: false });
  const context = useRef<AudioContext | null>(null);

  useEffect(() => {
    if (!audible || typeof AudioContext === "undefined") return;
    const sound = new AudioContext();
    context.current = sound;
    let timer: ReturnType<typeof setInterval> | undefined;
    const ringer = new OneRinger(name, () => look());
    const look = () => {
      const needsTap = sound.state !== "running" && !ringer.others;
      setState((old) =>
        old.needsTap === needsTap && old.ringing === ringer.mine ? old : { needsTap, ringing: ringer.mine },
      );
      if (ringer.mine === (timer !== undefined)) return;
      clearInterval(timer);
      timer = undefined;
      if (!ringer.mine) return;
      strike(sound);
      timer = setInterval(() => strike(sound), BELL_EVERY_MS);
    };
    const able = () => {
      ringer.can(sound.state === "running");
      look();
    };
    sound.addEventListener("statechange", able);
    const wake = () => void sound.resume().catch(() => undefined);
    able();
    wake();
    window.addEventListener("pointerdown", wake);
    window.addEventListener("keydown", wake);
    return () => {
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
      sound.removeEventListener("statechange", able);
      ringer.close();
      clearInterval(timer);
      void sound.close().catch(() => undefined);
      context.current = null;
      setState({ needsTap: false, ringing: false });
    };
  }, [name, audible]);

  return { ...state, tap: () => void context.current?.resume().catch(() => undefined) };
}

export function useTitleFlash(title: string): void {
  useEffect(() => {
    let before = document.title;
    let shown = false;
    const flash = () => {
      // A page that was opened meanwhile has a title of its own.
      if (document.title !== title) before = document.title;
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

/**
 * Tells somebody who looks at another window, if they allowed it before. Nothing is asked for here, and where the
 * service worker rings for this browser, it does.
 */
export function useSystemNotice(title: string, body: string, tag: string): void {
  useEffect(() => {
    if (!document.hidden || typeof Notification === "undefined" || Notification.permission !== "granted")
      return;
    let notice: Notification | null = null;
    let left = false;
    void recall("push").then((push) => {
      if (push || left) return;
      notice = new Notification(title, { body, tag, icon: "/favicon.svg" });
      notice.onclick = () => {
        window.focus();
        notice?.close();
      };
    });
    return () => {
      left = true;
      notice?.close();
    };
  }, [title, body, tag]);
}
