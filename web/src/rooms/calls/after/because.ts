/** End reasons that a person would ask about; hanging up explains itself. */
const SAID = {
  funds_exhausted: "funds",
  limit_reached: "limit",
  connection_lost: "lost",
  blocked: "blocked",
} as const;

export function because(endReason: string | null): (typeof SAID)[keyof typeof SAID] | null {
  return endReason && endReason in SAID ? SAID[endReason as keyof typeof SAID] : null;
}
