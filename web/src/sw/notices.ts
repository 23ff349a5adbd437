/** What a push shows: the ring as an open tab would say it, or less where the person wants no names on the screen. */
import { fill, type Message } from "../lib/i18n/fill";
import type { Locale } from "../lib/i18n/locale";
import type { Shelf } from "../lib/push/shelf";
import type { Notice } from "./scope";
import german from "./words/de";
import english from "./words/en";

export type RingPush = {
  readonly type: "call:incoming";
  readonly callId: string;
  readonly creatorName: string;
  readonly creatorAvatar: string | null;
  readonly callType: "voice" | "video";
  readonly expiresAt: string;
  readonly tokensPerMinute: number;
  readonly declineToken: string;
};
export type OverPush = {
  readonly type: "call:over";
  readonly callId: string;
  readonly outcome: "answered" | "declined" | "cancelled" | "missed";
};

type Choices = Shelf["choices"];
type Shows = { readonly title: string; readonly options: Notice };
const ICON = "/favicon.svg";

function sayIn(language: string) {
  const locale: Locale = language.toLowerCase().startsWith("de") ? "de" : "en";
  const words: Readonly<Record<keyof typeof english, Message>> = locale === "de" ? german : english;
  return (key: keyof typeof english, filling: Readonly<Record<string, string | number>> = {}) =>
    fill(words[key], filling, locale);
}

export function ringNotice(ring: RingPush, { discreet, language }: Choices): Shows {
  const say = sayIn(language);
  const price =
    ring.tokensPerMinute > 0 ? say("ring.price", { count: ring.tokensPerMinute }) : say("ring.free");
  return {
    title: discreet ? say("ring.discreet") : say("ring.title", { name: ring.creatorName }),
    options: {
      tag: ring.callId,
      body: `${say(`ring.${ring.callType}`)} · ${price}`,
      icon: (!discreet && ring.creatorAvatar) || ICON,
      badge: ICON,
      lang: language,
      requireInteraction: true,
      // Nobody's camera goes on by a press on a lock screen.
      actions: [
        {
          action: "accept",
          title: say(ring.callType === "video" ? "ring.acceptVideo" : "ring.accept"),
        },
        { action: "decline", title: say("ring.decline") },
      ],
      data: {
        kind: "ring",
        callId: ring.callId,
        name: discreet ? "" : ring.creatorName,
        declineToken: ring.declineToken,
      },
    },
  };
}

/** A quiet word in place of the ring, without sound. */
export function missedNotice(callId: string, name: string, language: string): Shows {
  const say = sayIn(language);
  return {
    title: say("missed.title"),
    options: {
      tag: callId,
      ...(name ? { body: say("missed.text", { name }) } : {}),
      icon: ICON,
      badge: ICON,
      lang: language,
      silent: true,
      requireInteraction: false,
      actions: [],
      data: { kind: "missed", callId, name, declineToken: "" },
    },
  };
}
