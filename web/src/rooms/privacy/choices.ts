/** The four rows of choices: which setting, which values, and what each value means for this fan right now. */
import type { Fan } from "../../lib/api/types";
import type english from "./words/en";

export type Row = "visibility" | "allowDm" | "allowCalls" | "searchable";
export type Key = keyof typeof english;
type Option = { readonly value: string; readonly label: Key; readonly so: Key };

const audience = (row: "allowDm" | "allowCalls", fan: Fan): Option[] =>
  (["nobody", "interacted", "everyone"] as const).map((value) => ({
    value,
    label: `${row}.${value}`,
    so:
      value === "everyone" && fan.visibility !== "creators"
        ? `${row}.everyone.private`
        : `${row}.${value}.so`,
  }));

export const ROWS: readonly Row[] = ["visibility", "allowDm", "allowCalls", "searchable"];

export function optionsOf(row: Row, fan: Fan): readonly Option[] {
  switch (row) {
    case "visibility":
      return (["hidden", "private", "creators"] as const).map((value) => ({
        value,
        label: `visibility.${value}`,
        so: `visibility.${value}.so`,
      }));
    case "searchable":
      return (["no", "yes"] as const).map((value) => ({
        value,
        label: `searchable.${value}`,
        so: `searchable.${value}.so`,
      }));
    default:
      return audience(row, fan);
  }
}

export const chosenIn = (row: Row, fan: Pick<Fan, Row>): string =>
  row === "searchable" ? (fan.searchable ? "yes" : "no") : fan[row];

export const changeTo = (row: Row, value: string) => ({
  [row]: row === "searchable" ? value === "yes" : value,
});

/** What a recorded value of a setting is called. */
export function labelOf(row: Row, value: unknown): Key {
  if (row === "searchable") return value ? "searchable.yes" : "searchable.no";
  return `${row}.${value as "nobody"}` as Key;
}
