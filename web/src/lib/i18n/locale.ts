/** The language of the page: the person's choice, else the browser's wish, else English. */
export const LOCALES = ["en", "de"] as const;
export type Locale = (typeof LOCALES)[number];
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", de: "Deutsch" };

const KEY = "stagedoor.language";
const listeners = new Set<() => void>();
let chosen: Locale | null = null;

const known = (tag: string | null | undefined): Locale | undefined =>
  LOCALES.find((locale) => tag?.toLowerCase().split("-")[0] === locale);

function wish(): Locale {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; the browser's wish still counts.
  }
  const wished = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
  return known(kept) ?? wished.map(known).find((locale) => locale !== undefined) ?? "en";
}

export function locale(): Locale {
  if (!chosen) {
    chosen = wish();
    if (typeof document !== "undefined") document.documentElement.lang = chosen;
  }
  return chosen;
}

export function setLocale(next: Locale): void {
  chosen = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // The choice then lasts as long as the page.
  }
  for (const tell of listeners) tell();
}

export function onLocaleChange(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
