/** A recorded event as sentences for the person whose record it is. What is no change of settings has none. */
import type { OwnEvent } from "../../lib/api/types";
import type { Say } from "../../lib/i18n/words";
import { labelOf, ROWS, type Row } from "./choices";
import english from "./words/en";

type Words = Say<typeof english>;

export function sentencesOf(say: Words, event: OwnEvent, name: string): string[] {
  if (event.type === "fan.settings_changed") return changesOf(say, event.data);
  const key = `trail.${event.type}`;
  return key in english ? [(say as (key: string, filling: object) => string)(key, { name })] : [];
}

function changesOf(say: Words, data: OwnEvent["data"]): string[] {
  const plain = say as (key: string) => string;
  const [from, to] = [data.from, data.to] as [Record<string, unknown>, Record<string, unknown>];
  const changed = Object.keys(to ?? {});
  const lines = ROWS.filter((row) => changed.includes(row)).map((row: Row) =>
    say("trail.change", {
      what: plain(`${row}.title`),
      from: plain(labelOf(row, from?.[row])),
      to: plain(labelOf(row, to[row])),
    }),
  );
  return changed.some((name) => name.startsWith("quiet")) ? [...lines, say("trail.quiet")] : lines;
}
