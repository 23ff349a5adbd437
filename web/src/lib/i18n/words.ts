/**
 * One mechanism for every word on the screen. Each room has its catalogue in `words/en.ts` (complete) and
 * `words/de.ts` (same keys, loaded only when asked for); keys and their `{blanks}` are checked by the compiler.
 */
import { useSyncExternalStore } from "react";
import { fill, type Message, type Plural } from "./fill";
import { type Locale, locale, onLocaleChange } from "./locale";

export { fill, type Message } from "./fill";

export type Catalogue = Readonly<Record<string, Message>>;
export type Translation<C extends Catalogue> = {
  readonly [K in keyof C]: C[K] extends string ? string : Plural;
};

type BlanksIn<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | BlanksIn<Rest> : never;
type Blanks<M> = M extends string
  ? BlanksIn<M>
  : M extends Plural
    ? BlanksIn<M["one"] | M["other"]> | "count"
    : never;
type Filling<M> = [Blanks<M>] extends [never] ? [] : [filling: Readonly<Record<Blanks<M>, string | number>>];
export type Say<C extends Catalogue> = <K extends keyof C>(key: K, ...filling: Filling<C[K]>) => string;

export type Words<C extends Catalogue> = {
  readonly english: C;
  /** Says a sentence in the language of the moment; in components use `useWords`, which also follows a change. */
  readonly say: Say<C>;
  readonly subscribe: (tell: () => void) => () => void;
  readonly sayer: () => Say<C>;
};

export function defineWords<const C extends Catalogue>(
  english: C,
  others: Record<Exclude<Locale, "en">, () => Promise<{ default: Translation<C> }>>,
): Words<C> {
  const listeners = new Set<() => void>();
  const sayerOf =
    (table: Catalogue, language: Locale): Say<C> =>
    (key, ...filling) =>
      fill(table[key as string] ?? (english[key] as Message), filling[0] ?? {}, language);
  let current = sayerOf(english, "en");

  async function follow(): Promise<void> {
    const wanted = locale();
    const table: Catalogue = wanted === "en" ? english : (await others[wanted]()).default;
    if (locale() !== wanted) return;
    current = sayerOf(table, wanted);
    for (const tell of listeners) tell();
  }
  if (locale() !== "en") void follow();
  onLocaleChange(() => void follow());

  return {
    english,
    say: (key, ...filling) => current(key, ...filling),
    sayer: () => current,
    subscribe: (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
  };
}

export function useWords<C extends Catalogue>(words: Words<C>): Say<C> {
  return useSyncExternalStore(words.subscribe, words.sayer);
}
