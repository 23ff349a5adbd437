import { locale } from "../../lib/i18n/locale";

export function percent(rate: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: digits }).format(rate);
}

export function milliseconds(seconds: number): string {
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(seconds * 1000)} ms`;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}
