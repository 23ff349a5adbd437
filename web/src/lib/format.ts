/** How tokens, times and people's names are written, in the reader's language. */
import { locale } from "./i18n/locale";

export function tokens(amount: number): string {
  return new Intl.NumberFormat(locale()).format(amount);
}

export function signedTokens(amount: number): string {
  return new Intl.NumberFormat(locale(), { signDisplay: "exceptZero" }).format(amount);
}

/** 75 → "1:15", 3725 → "1:02:05". */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function day(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year: "numeric" }).format(
    new Date(iso),
  );
}

export function timeOfDay(iso: string, withSeconds = false): string {
  return new Intl.DateTimeFormat(locale(), {
    hour: "numeric",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" } : {}),
  }).format(new Date(iso));
}

/** "today, 14:05", "yesterday, 09:30", "3 Mar 2025, 10:00". */
export function moment(iso: string, now = Date.now()): string {
  const startOf = (at: number) => new Date(at).setHours(0, 0, 0, 0);
  const days = Math.round((startOf(now) - startOf(Date.parse(iso))) / 86_400_000);
  const dayName =
    days === 0 || days === 1
      ? new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-days, "day")
      : day(iso);
  return `${dayName}, ${timeOfDay(iso)}`;
}

export function initials(displayName: string): string {
  const parts = displayName.trim().split(/\s+/);
  const letters = parts.length > 1 ? [parts[0], parts.at(-1)] : [parts[0]];
  return (
    letters
      .map((part) => [...(part ?? "")][0] ?? "")
      .join("")
      .toUpperCase() || "?"
  );
}
