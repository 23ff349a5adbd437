import { expect, test } from "vitest";
import { type Catalogue, fill, type Message } from "./words";

type Loaded = Record<string, { default: Catalogue }>;
const english = import.meta.glob<{ default: Catalogue }>("../../**/{words,problems}/en.ts", {
  eager: true,
}) as Loaded;
const others = import.meta.glob<{ default: Catalogue }>("../../**/{words,problems}/de.ts", {
  eager: true,
}) as Loaded;
const rooms = Object.keys(english);

const blanks = (message: Message): string[] => {
  const text = typeof message === "string" ? message : `${message.one} ${message.other}`;
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""))].sort();
};

test("every room that speaks is found here", () => {
  expect(rooms.length).toBeGreaterThanOrEqual(7);
});

test.each(rooms)("%s: both languages have the same keys, none empty", (room) => {
  const here = english[room]?.default ?? {};
  const there = others[room.replace("en.ts", "de.ts")]?.default ?? {};
  expect(Object.keys(there).sort()).toEqual(Object.keys(here).sort());
  for (const message of [...Object.values(here), ...Object.values(there)])
    for (const text of typeof message === "string" ? [message] : [message.one, message.other])
      expect(text.trim()).not.toBe("");
});

test.each(rooms)("%s: a translation fills the same blanks, and plurals stay plurals", (room) => {
  const here = english[room]?.default ?? {};
  const there = others[room.replace("en.ts", "de.ts")]?.default ?? {};
  for (const [key, message] of Object.entries(here)) {
    const translated = there[key] ?? "";
    expect({ key, kind: typeof translated }).toEqual({ key, kind: typeof message });
    // A plural may say "one" in words, so `count` need not appear.
    const needed = blanks(message).filter((name) => name !== "count");
    expect({ key, blanks: blanks(translated).filter((name) => name !== "count") }).toEqual({
      key,
      blanks: needed,
    });
  }
});

test("a plural is chosen by the language, and numbers are written in it", () => {
  const minutes = { one: "one minute", other: "{count} minutes" };
  expect([1, 0, 1200].map((count) => fill(minutes, { count }, "en"))).toEqual([
    "one minute",
    "0 minutes",
    "1,200 minutes",
  ]);
  expect(fill("{count} Token", { count: 1200 }, "de")).toBe("1.200 Token");
});
