import { describe, expect, test } from "vitest";
import { aCall } from "../../../testing/calls";
import { charge, minutesFor, running, totalSeconds } from "./cost";

const T0 = Date.parse("2026-03-01T20:00:00Z");
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

describe("charge", () => {
  test.each([
    [0, 12, 1, 0],
    [0.001, 12, 1, 1],
    [5, 12, 1, 1],
    [5.01, 12, 1, 2],
    [59, 12, 1, 12],
    [60, 12, 1, 12],
    [60.0001, 12, 1, 13],
    [61, 12, 1, 13],
    [119, 60, 1, 119],
    [120, 60, 1, 120],
    [121, 60, 1, 121],
    [1, 12, 60, 12],
    [60, 12, 60, 12],
    [61, 12, 60, 24],
    [119.9, 7, 60, 14],
    [300, 0, 1, 0],
  ])("%f s at %i a minute in steps of %i s cost %i", (seconds, rate, increment, tokens) => {
    expect(charge(seconds, rate, increment)).toBe(tokens);
  });

  test("the parts of a broken-up minute cost no more than the minute", () => {
    const thirds = [0, 1, 2].map((n) => ({ startedAt: iso(n * 100), endedAt: iso(n * 100 + 20) }));
    expect(charge(totalSeconds(thirds, T0), 12)).toBe(12);
  });
});

test("only time in which both had media counts", () => {
  const segments = [
    { startedAt: iso(0), endedAt: iso(10) },
    { startedAt: iso(40), endedAt: null },
  ];
  expect(totalSeconds(segments, T0 + 45_000)).toBe(15);
});

test("the meter runs with an open segment and counts the funds down by the server's clock", () => {
  const call = aCall({
    state: "active",
    connectedAt: iso(0),
    segments: [{ startedAt: iso(0), endedAt: null }],
    secondsLeft: 100,
    serverTime: iso(10),
  });
  expect(running(call, T0 + 30_000)).toEqual({ seconds: 30, tokens: 6, ticking: true, secondsLeft: 80 });
});

test("while reconnecting time, cost and funds stand still", () => {
  const call = aCall({
    state: "reconnecting",
    connectedAt: iso(0),
    segments: [{ startedAt: iso(0), endedAt: iso(10) }],
    secondsLeft: 100,
    serverTime: iso(10),
  });
  const early = running(call, T0 + 11_000);
  expect(running(call, T0 + 39_000)).toEqual(early);
  expect(early.ticking).toBe(false);
});

test("once the service has charged, its numbers win over any computed here", () => {
  const call = aCall({
    state: "ended",
    segments: [{ startedAt: iso(0), endedAt: iso(10) }],
    endedAt: iso(10),
    billableSeconds: 9,
    tokensCharged: 7,
  });
  expect(running(call, T0 + 99_000)).toMatchObject({ seconds: 9, tokens: 7, ticking: false });
});

test("240 tokens at 12 a minute last 20 minutes, 11 do not last one, and a free call lasts for ever", () => {
  expect([minutesFor(240, 12), minutesFor(11, 12), minutesFor(0, 0)]).toEqual([
    20,
    0,
    Number.POSITIVE_INFINITY,
  ]);
});
