import { expect, test } from "vitest";
import { FlowWatch, PictureWatch, qualityBetween, readingOf } from "./watch";

const reading = (at: number, bytes: number) => ({
  at,
  bytes,
  packets: 0,
  lost: 0,
  roundTripMs: null,
  frames: 0,
});

test("media counts as connected with its first bytes, not with the connection", () => {
  const watch = new FlowWatch();
  expect(watch.take(reading(0, 0))).toBeNull();
  expect(watch.take(reading(500, 100))).toBe("connected");
});

test("bytes that stand still for two seconds mean lost; flowing again means connected", () => {
  const watch = new FlowWatch();
  watch.take(reading(0, 100));
  expect(watch.take(reading(1900, 100))).toBeNull();
  expect(watch.take(reading(2000, 100))).toBe("lost");
  expect(watch.take(reading(2500, 100))).toBeNull();
  expect(watch.take(reading(3000, 140))).toBe("connected");
});

test("a rebuild that flows again within two seconds is no gap", () => {
  const watch = new FlowWatch();
  watch.take(reading(0, 5000));
  watch.rebuilt();
  expect(watch.take(reading(1000, 0))).toBeNull();
  expect(watch.take(reading(1500, 60))).toBeNull();
  expect(watch.take(reading(3000, 120))).toBeNull();
  expect(watch.flow).toBe("connected");
});

test("a failed connection is lost at once, and only once", () => {
  const watch = new FlowWatch();
  expect(watch.failed()).toBeNull();
  watch.take(reading(0, 10));
  expect([watch.failed(), watch.failed()]).toEqual(["lost", null]);
});

test("the reading adds up what arrives and takes the round trip of the selected pair", () => {
  const stats = new Map<string, unknown>([
    [
      "a",
      { id: "a", type: "inbound-rtp", kind: "audio", bytesReceived: 10, packetsReceived: 5, packetsLost: 1 },
    ],
    [
      "v",
      {
        id: "v",
        type: "inbound-rtp",
        kind: "video",
        bytesReceived: 90,
        packetsReceived: 20,
        framesReceived: 4,
      },
    ],
    ["o", { id: "o", type: "outbound-rtp", bytesSent: 999 }],
    ["t", { id: "t", type: "transport", selectedCandidatePairId: "p2" }],
    ["p1", { id: "p1", type: "candidate-pair", nominated: true, currentRoundTripTime: 9 }],
    ["p2", { id: "p2", type: "candidate-pair", currentRoundTripTime: 0.04 }],
  ]);
  expect(readingOf(stats, 7)).toEqual({
    at: 7,
    bytes: 100,
    packets: 25,
    lost: 1,
    roundTripMs: 40,
    frames: 4,
  });
});

test("quality has three steps, by loss and by round trip", () => {
  const before = { ...reading(0, 0), packets: 0, lost: 0 };
  const now = (lost: number, roundTripMs: number) => ({
    ...reading(2000, 1),
    packets: 100 - lost,
    lost,
    roundTripMs,
  });
  expect(
    [now(0, 40), now(5, 40), now(0, 300), now(20, 40), now(0, 900)].map((r) => qualityBetween(before, r)),
  ).toEqual([3, 2, 2, 1, 1]);
});

test("a picture that stands still for three seconds is held up, and only while one is due", () => {
  const watch = new PictureWatch();
  const at = (ms: number, frames: number, on = true) => watch.stalled({ at: ms, frames }, on);
  expect([at(0, 0), at(2900, 0), at(3000, 0), at(3500, 1), at(6400, 1), at(6500, 1)]).toEqual([
    false,
    false,
    true,
    false,
    false,
    true,
  ]);
  expect([at(7000, 1, false), at(9900, 1), at(10_000, 1)]).toEqual([false, false, true]);
});

test("a voice alone keeps the call connected", () => {
  const flow = new FlowWatch();
  const picture = new PictureWatch();
  const seen = Array.from({ length: 20 }, (_, n) => {
    const now = { ...reading(n * 500, 100 * (n + 1)), frames: Math.min(n, 4) };
    return [flow.take(now) ?? flow.flow, picture.stalled(now, true)];
  });
  expect(seen.at(-1)).toEqual(["connected", true]);
  expect(seen.every(([state]) => state === "connected")).toBe(true);
});
