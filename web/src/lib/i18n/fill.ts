/** Fills the blanks of a message and chooses its plural; needs nothing of a page, so the service worker uses it too. */
import type { Locale } from "./locale";

export type Plural = { readonly one: string; readonly other: string };
export type Message = string | Plural;

export function fill(
  message: Message,
  filling: Readonly<Record<string, string | number>>,
  language: Locale,
): string {
  const text =
    typeof message === "string"
      ? message
      : new Intl.PluralRules(language).select(Number(filling.count)) === "one"
        ? message.one
        : message.other;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = filling[name];
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : String(value ?? "");
  });
}
