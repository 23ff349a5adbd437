/** End reasons that a person would ask about; hanging up explains itself. */
import type { EndReason } from "../../../lib/api/types";

const SAID = {
  funds_exhausted: "funds",
  limit_reached: "limit",
  connection_lost: "lost",
  gaps_exceeded: "gaps",
  blocked_by_fan: "blocked",
  blocked_by_creator: "blocked",
  operator: "operator",
} as const satisfies Partial<Record<EndReason, string>>;

type Said = (typeof SAID)[keyof typeof SAID];

export const because = (endReason: EndReason | null): Said | null =>
  endReason && endReason in SAID ? SAID[endReason as keyof typeof SAID] : null;
