import { expect, test } from "vitest";
import type { Fan, Person, Relationship } from "../../lib/api/types";
import { sentenceOf } from "./sentence";
import { privacyWords } from "./words";

const person = (displayName: string): Person => ({
  id: displayName.toLowerCase(),
  username: displayName.toLowerCase(),
  displayName,
  avatarUrl: null,
});
const sam: Fan = {
  ...person("Sam"),
  visibility: "private",
  allowDm: "interacted",
  allowCalls: "interacted",
  searchable: false,
  quietFrom: null,
  quietUntil: null,
  timezone: "UTC",
};
const related = (name: string, facts: Partial<Relationship> = {}): Relationship => ({
  creator: person(name),
  since: "2026-01-01T00:00:00Z",
  follows: true,
  tips: 0,
  calls: 0,
  canSee: true,
  canMessage: true,
  canCall: true,
  ...facts,
});
const mia = related("Mia");
const noor = related("Noor", { follows: false, tips: 2 });
const ines = related("Ines", { follows: false, calls: 1 });

const told = (fan: Partial<Fan>, reach: Relationship[] = [], blocks: Person[] = []) =>
  sentenceOf(privacyWords.say, { ...sam, ...fan }, reach, blocks);

test("those who can call are named, each with the reason, and the search is told of", () => {
  expect(told({}, [mia, noor])).toBe(
    "Two creators can call you: Mia (you follow her), Noor (you tipped her). Nobody can find you by search.",
  );
  expect(told({}, [ines])).toBe(
    "One creator can call you: Ines (you were on a call with her). Nobody can find you by search.",
  );
});

test("with nobody to name, one sentence says that nobody can do anything", () => {
  const nobody = "No creator can see, message or call you. Nobody can find you by search.";
  expect(told({})).toBe(nobody);
  expect(
    told({ visibility: "hidden", allowCalls: "everyone", allowDm: "everyone", searchable: true }, [mia]),
  ).toBe(nobody);
});

test("open to all means all, except whom the fan blocked", () => {
  const open = {
    visibility: "creators",
    allowDm: "everyone",
    allowCalls: "everyone",
    searchable: true,
  } as const;
  expect(told(open, [mia])).toBe(
    "Every creator can see, message and call you. Every creator can find you by search.",
  );
  expect(told(open, [], [person("Noor")])).toBe(
    "Every creator can see, message and call you, except the one you blocked. Every creator can find you by search.",
  );
  expect(told(open, [], [person("Noor"), person("Mia")])).toContain("except the two you blocked.");
});

test("where messages differ from calls, both are told", () => {
  const writes = { canCall: false };
  expect(told({ allowCalls: "nobody" }, [related("Mia", writes), related("Noor", writes)])).toBe(
    "No creator can call you. Two creators can message you: Mia (you follow her), Noor (you follow her). " +
      "Nobody can find you by search.",
  );
  expect(told({ allowDm: "nobody" }, [related("Mia", { canMessage: false })])).toBe(
    "One creator can call you: Mia (you follow her). No creator can message you. Nobody can find you by search.",
  );
});

test("who only sees is told of, where nobody may do more", () => {
  const sees = { canCall: false, canMessage: false };
  expect(told({ allowDm: "nobody", allowCalls: "nobody" }, [related("Mia", sees)])).toBe(
    "No creator can call or message you. One creator can see you: Mia (you follow her). " +
      "Nobody can find you by search.",
  );
  expect(told({ visibility: "creators" }, [mia])).toBe(
    "One creator can call you: Mia (you follow her). Every creator can see your name and picture. " +
      "Nobody can find you by search.",
  );
});

test("a private fan who lets herself be found is found only by those who can see her", () => {
  expect(told({ searchable: true }, [mia])).toContain(
    "Only creators who can see you can find you by search.",
  );
  expect(told({ searchable: true })).toContain("Nobody can find you by search.");
});

test("the service's verdict decides who is named, not the reason alone", () => {
  const blocked = related("Noor", { canSee: false, canMessage: false, canCall: false });
  expect(told({}, [mia, blocked])).toContain("One creator can call you: Mia (you follow her).");
});

test("many names are cut short, and counted in full", () => {
  const many = ["Ada", "Bea", "Cleo", "Dora", "Eva", "Fay", "Gil"].map((name) => related(name));
  expect(told({}, many)).toContain("Seven creators can call you: Ada (you follow her),");
  expect(told({}, many)).toContain("Dora (you follow her), 3 more.");
  expect(told({}, many)).not.toContain("Eva");
});
