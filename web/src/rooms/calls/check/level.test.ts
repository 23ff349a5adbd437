import { expect, test } from "vitest";
import { levelOf, loudnessOf } from "./level";

const tone = (peak: number) =>
  Float32Array.from({ length: 1024 }, (_, n) => peak * Math.sin((2 * Math.PI * n) / 64));

test("silence is nothing, full scale is all, and louder is never less", () => {
  expect(levelOf(new Float32Array(1024))).toBe(0);
  expect(levelOf(new Float32Array(0))).toBe(0);
  expect(levelOf(Float32Array.of(1, -1, 1, -1))).toBe(1);
  const rising = [0.0005, 0.005, 0.05, 0.5, 1].map((peak) => levelOf(tone(peak)));
  expect(rising).toEqual([...rising].sort((a, b) => a - b));
});

test("a whisper, a voice, a shout", () => {
  expect([0.0002, 0.01, 0.2, 1].map((peak) => loudnessOf(levelOf(tone(peak))))).toEqual([
    "none",
    "soft",
    "good",
    "loud",
  ]);
});
