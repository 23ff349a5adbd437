import { expect, test } from "vitest";
import { ServerClock } from "./clock";

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
const local = (seconds: number) => 1_700_000_000_000 + seconds * 1000;

test("a wrong clock of this machine does not change how long a call rings", () => {
  const clock = new ServerClock(() => local(3600));
  clock.learn(at(0), local(3600), local(3600));
  expect(clock.secondsUntil(at(120))).toBe(120);
});

test("half of the way there and back counts as the way", () => {
  const clock = new ServerClock(() => local(0.4));
  clock.learn(at(10), local(0), local(0.4));
  expect(clock.now()).toBe(local(10.2));
});

test("a slow answer does not spoil what a quick one taught", () => {
  const clock = new ServerClock(() => local(2));
  clock.learn(at(100), local(0), local(0.02));
  clock.learn(at(105), local(0), local(2));
  expect(clock.now()).toBe(local(101.99));
});

test("an old measure gives way, however exact it was", () => {
  const clock = new ServerClock(() => local(200));
  clock.learn(at(0), local(0), local(0));
  clock.learn(at(190), local(199), local(200));
  expect(clock.now()).toBe(local(190.5));
});
