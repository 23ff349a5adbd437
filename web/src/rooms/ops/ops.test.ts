import { expect, test } from "vitest";
import { lastOn, wishOf } from "./flags/state";
import { ceiling, pathOf } from "./plots/Plot";
import type { FlagChange, Overview } from "./queries";
import { standingOf, verdictOf } from "./targets";

const seen = (parts: Record<string, string>, more: Partial<Overview> = {}) =>
  ({
    parts: Object.entries(parts).map(([name, state]) => ({ name, state, says: "" })),
    requests: 1000,
    errorRate: 0,
    p95Seconds: 0.1,
    ...more,
  }) as Overview;

test("what is down is said before what wants a look, and what is not in use is nobody's worry", () => {
  expect(verdictOf(seen({ database: "ok", redis: "off" })).word).toBe("well");
  expect(verdictOf(seen({ guard: "degraded" }))).toEqual({ word: "look", names: ["guard"] });
  expect(verdictOf(seen({ guard: "degraded", ledger: "down" }))).toEqual({ word: "down", names: ["ledger"] });
});

test("errors or slowness are worth a look, but not on a handful of requests", () => {
  expect(verdictOf(seen({}, { errorRate: 0.01 })).word).toBe("look");
  expect(verdictOf(seen({}, { p95Seconds: 0.6 })).word).toBe("look");
  expect(verdictOf(seen({}, { p95Seconds: 0.6, requests: 3 })).word).toBe("well");
});

test("a figure at its target's edge has missed it, and without a figure nothing is said", () => {
  expect(standingOf("errors", 0.001)).toBe("miss");
  expect(standingOf("connect", 0.8)).toBe("miss");
  expect(standingOf("connect", 0.81)).toBe("well");
  expect(standingOf("p95", null)).toBe("none");
});

const change = (state: FlagChange["state"], percentage = 0): FlagChange =>
  ({ state, percentage, users: ["mia"], roles: ["fan"] }) as unknown as FlagChange;

test("undoing brings back the part that calls were on for, not everybody", () => {
  const before = lastOn([change("off"), change("off"), change("some", 10), change("on", 100)], false);
  expect(wishOf(before)).toEqual({ enabled: true, percentage: 10, users: ["mia"], roles: ["fan"] });
});

test("undoing removes the override where the environment's own word was on", () => {
  expect(wishOf(lastOn([change("off"), change(null), change("on", 100)], true))).toBeNull();
  expect(wishOf(lastOn([change("off")], true))).toBeNull();
  expect(wishOf(lastOn([change("off"), change(null), change("on", 100)], false))).toEqual({ enabled: true });
});

test("a plot's line has a gap where there is no value, and its scale can be read", () => {
  expect(pathOf([1, null, 2, 0], 2)).toBe("M0.0 75.0L150.0 75.0M300.0 0.0L450.0 0.0L450.0 150.0L600.0 150.0");
  expect([0, 1, 3, 18, 480, 501].map(ceiling)).toEqual([1, 1, 5, 20, 500, 1000]);
});
