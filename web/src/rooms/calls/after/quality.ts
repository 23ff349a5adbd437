/** The timeline of a receipt: connected stretches by quality, and the gaps between them, in order of time. */
import type { Receipt } from "../../../lib/api/types";

export type Kind = "good" | "fair" | "weak" | "gap" | "unknown";
export type Part = { readonly at: string; readonly kind: Kind; readonly seconds: number };

const KIND = { 3: "good", 2: "fair", 1: "weak" } as const;
const ORDER: readonly Kind[] = ["good", "fair", "weak", "gap"];
/** Shorter than this is no word worth reading. */
const WORTH_SECONDS = 0.5;

export function partsOf(receipt: Pick<Receipt, "quality" | "gaps">): readonly Part[] {
  const connected = receipt.quality.map((span) => ({
    at: span.startedAt,
    kind: span.quality === null ? ("unknown" as const) : KIND[span.quality],
    seconds: span.seconds,
  }));
  const gaps = receipt.gaps.map((span) => ({
    at: span.startedAt,
    kind: "gap" as const,
    seconds: span.seconds,
  }));
  return [...connected, ...gaps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** How long it was good, fair, weak and gone; what nobody measured is not mentioned. */
export function sharesOf(
  parts: readonly Part[],
): readonly { kind: Exclude<Kind, "unknown">; seconds: number }[] {
  return ORDER.flatMap((kind) => {
    const seconds = parts.filter((part) => part.kind === kind).reduce((sum, part) => sum + part.seconds, 0);
    return kind === "unknown" || seconds < WORTH_SECONDS ? [] : [{ kind, seconds: Math.round(seconds) }];
  });
}
