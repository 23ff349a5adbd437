import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Realtime, RealtimeListener, Signal } from "./port";
import { SideSocket } from "./side";

const signal = (epoch: number): Signal => ({ callId: "call", deviceId: "tab", epoch });

function made() {
  let listener: RealtimeListener = {};
  const said: unknown[] = [];
  const socket = {
    up: false,
    listen: (one: RealtimeListener) => {
      listener = one;
      return () => {};
    },
    signal: (one: Signal) => said.push(one.epoch),
    alive: (callId: string) => said.push(callId),
    close: () => said.push("close"),
  };
  const ups: boolean[] = [];
  const heard: Signal[] = [];
  const open = vi.fn(async () => socket as Realtime);
  const side = new SideSocket(
    "token",
    { onUp: (up) => ups.push(up), onSignal: (one) => heard.push(one) },
    open,
  );
  const turn = (up: boolean) => {
    socket.up = up;
    listener.onUp?.(up);
  };
  return { side, socket, said, ups, heard, open, turn, hear: (one: Signal) => listener.onSignal?.(one) };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());
const settle = () => vi.advanceTimersByTimeAsync(0);

test("nobody holds a socket before a call needs one", () => {
  const { side, open } = made();
  expect(side.upOrUnneeded).toBe(true);
  expect(open).not.toHaveBeenCalled();
});

test("what is said while the socket opens is sent once it is open, in order", async () => {
  const { side, said, ups, turn } = made();
  side.need();
  side.signal(signal(1));
  expect(side.upOrUnneeded).toBe(false);
  await settle();
  side.signal(signal(2));
  expect(said).toEqual([]);
  turn(true);
  side.signal(signal(3));
  expect(said).toEqual([1, 2, 3]);
  expect(ups).toEqual([true]);
});

test("a signal that could not leave later is stale and dropped", async () => {
  const { side, said, turn } = made();
  side.need();
  await settle();
  turn(true);
  turn(false);
  side.signal(signal(1));
  turn(true);
  expect(said).toEqual([]);
});

test("signals of the other side are passed on", async () => {
  const { side, heard, hear } = made();
  side.need();
  await settle();
  hear(signal(4));
  expect(heard.map((one) => one.epoch)).toEqual([4]);
});

test("signs of life keep it open, and it closes when the call is over", async () => {
  const { side, said, open, turn } = made();
  for (let second = 0; second < 20; second += 1) {
    side.alive("call", 0);
    await vi.advanceTimersByTimeAsync(1000);
    if (second === 0) turn(true);
  }
  expect(open).toHaveBeenCalledTimes(1);
  expect(said).not.toContain("close");
  await vi.advanceTimersByTimeAsync(6000);
  expect(said.at(-1)).toBe("close");
});

test("it stays open for as long as somebody listens, and opens again for the next call", async () => {
  const { side, said, open } = made();
  const release = side.need();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toEqual([]);
  release();
  await vi.advanceTimersByTimeAsync(6000);
  expect(said).toEqual(["close"]);
  side.need();
  await settle();
  expect(open).toHaveBeenCalledTimes(2);
});
