import { expect, test } from "vitest";
import { partsOf, sharesOf } from "./quality";

const span = (from: number, until: number) => ({
  startedAt: new Date(from * 1000).toISOString(),
  endedAt: new Date(until * 1000).toISOString(),
  seconds: until - from,
});
const RECEIPT = {
  quality: [
    { ...span(0, 2), quality: null },
    { ...span(2, 62), quality: 3 as const },
    { ...span(70, 80), quality: 1 as const },
    { ...span(80, 140), quality: 3 as const },
    { ...span(140, 140.2), quality: 2 as const },
  ],
  gaps: [span(62, 70)],
};

test("gaps stand where they were, and together the parts are the whole call", () => {
  const parts = partsOf(RECEIPT);
  expect(parts.map((part) => part.kind)).toEqual(["unknown", "good", "gap", "weak", "good", "fair"]);
  expect(parts.reduce((sum, part) => sum + part.seconds, 0)).toBeCloseTo(140.2);
});

test("in words: the best first, each kind once, nothing that lasted no time or that nobody measured", () => {
  expect(sharesOf(partsOf(RECEIPT))).toEqual([
    { kind: "good", seconds: 120 },
    { kind: "weak", seconds: 10 },
    { kind: "gap", seconds: 8 },
  ]);
});
