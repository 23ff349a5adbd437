import { expect, test, vi } from "vitest";
import { ablyRealtime, type connectAbly } from "./ably";

type Wanted = Parameters<typeof connectAbly>[0];

function opened() {
  let wanted = {} as Wanted;
  const end = vi.fn();
  const realtime = ablyRealtime("token", async (given) => {
    wanted = given;
    return end;
  });
  const calls: unknown[] = [];
  const others: unknown[] = [];
  const ups: boolean[] = [];
  const off = realtime.listen({
    onCallEvent: (name, hint) => calls.push([name, hint.callId]),
    onOtherEvent: (name) => others.push(name),
    onUp: (up) => ups.push(up),
  });
  return { realtime, wanted, end, calls, others, ups, off };
}

test("events have the same names and shape as over the socket, and unknown ones are let pass", () => {
  const { wanted, calls, others } = opened();
  wanted.heard("call:incoming", { callId: "one", version: 1, eventId: 5 });
  wanted.heard("wallet:changed", {});
  wanted.heard("call:unheard_of", { callId: "one" });
  expect(calls).toEqual([["call:incoming", "one"]]);
  expect(others).toEqual(["wallet:changed"]);
});

test("it is up when its channels are attached, and says so again when messages may have been missed", () => {
  const { realtime, wanted, ups } = opened();
  expect(realtime.up).toBe(false);
  wanted.onListening(true);
  expect(realtime.up).toBe(true);
  wanted.onListening(true);
  wanted.onListening(false);
  expect(ups).toEqual([true, true, false]);
  expect(realtime.up).toBe(false);
});

test("who stops listening hears nothing more, and closing ends the connection", async () => {
  const { realtime, wanted, calls, end, off } = opened();
  off();
  wanted.heard("call:incoming", { callId: "one", version: 1 });
  expect(calls).toEqual([]);
  realtime.close();
  await Promise.resolve();
  expect(end).toHaveBeenCalled();
  expect(wanted.isClosed()).toBe(true);
});
