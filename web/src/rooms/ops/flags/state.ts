/** How a flag stands in words, and how to bring back what stood before. */
import type { Say } from "../../../lib/i18n/words";
import type { Flag, FlagChange, Wish } from "../queries";
import { opsWords } from "../words";

export type Speaker = Say<typeof opsWords.english>;
type Part = Pick<Flag, "percentage" | "users" | "roles">;

export function whoIn(say: Speaker, { percentage, users, roles }: Part): string {
  const parts = [
    ...(percentage > 0 ? [say("who.percent", { percent: percentage })] : []),
    ...roles.map((role) => say("who.roles", { role })),
    ...users,
  ];
  return parts.join(", ");
}

export function stateText(say: Speaker, state: "on" | "off" | "some", part: Part): string {
  if (state === "some") return say("flag.some", { who: whoIn(say, part) });
  return say(state === "on" ? "flag.on" : "flag.off");
}

export const flagName = (say: Speaker, key: string): string => nameIn(say, `flag.${key}`, key);
export const partName = (say: Speaker, name: string): string => nameIn(say, `part.${name}`, name);

/** The catalogue's word for a name of the service's, or the name itself where this build does not know it. */
function nameIn(say: Speaker, key: string, fallback: string): string {
  return key in opsWords.english ? (say as (key: string) => string)(key) : fallback;
}

/** The newest change that left the flag on for somebody; undefined when there was none. */
export function lastOn(changes: readonly FlagChange[], byDefault: boolean): FlagChange | undefined {
  return changes.find(
    (change) => change.state === "on" || change.state === "some" || (change.state === null && byDefault),
  );
}

/** The wish that brings a change back: a removed override is removed again. */
export function wishOf(change: FlagChange | undefined): Wish {
  if (!change || change.state === null) return null;
  if (change.state !== "some") return { enabled: change.state === "on" };
  return {
    enabled: true,
    percentage: change.percentage,
    users: change.users,
    roles: change.roles as ("fan" | "creator" | "operator")[],
  };
}
