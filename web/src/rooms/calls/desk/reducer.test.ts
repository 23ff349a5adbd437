import { describe, expect, test } from "vitest";
import type { Call } from "../../../lib/api/types";
import type { CallEventName, CallHint } from "../../../lib/realtime/port";
import { aCall } from "../../../testing/calls";
import { type Action, absentFrom, type Calls, incoming, isNews, live, outgoing, reduce } from "./reducer";

const fact = (change: Partial<Call>): Action => ({ kind: "fact", call: aCall(change) });
const hint = (name: CallEventName, version: number, rest: Partial<CallHint> = {}): Action => ({
  kind: "hint",
  name,
  hint: { callId: "call-1", version, ...rest },
});
const given = (...actions: Action[]): Calls => actions.reduce(reduce, {});
const stateOf = (calls: Calls) => calls["call-1"]?.state;

describe("versions", () => {
  test("a slow answer cannot bring back a call that was declined meanwhile", () => {
    expect(stateOf(given(fact({ version: 1 }), hint("call:declined", 2), fact({ version: 1 })))).toBe(
      "declined",
    );
  });

  test("an event delivered twice, or late, changes nothing", () => {
    const calls = given(fact({ version: 4, state: "active" }));
    expect(reduce(calls, hint("call:accepted", 2))).toBe(calls);
    expect(reduce(calls, hint("call:connected", 4))).toBe(calls);
  });

  test("the fact of the same version fills in what a hint announced", () => {
    const calls = given(
      fact({ version: 1 }),
      hint("call:ended", 5),
      fact({ version: 5, state: "ended", tokensCharged: 3 }),
    );
    expect(calls["call-1"]).toMatchObject({ state: "ended", tokensCharged: 3 });
  });

  test("news is what is newer than seen, or a call never seen", () => {
    const calls = given(fact({ version: 3 }));
    const of = (callId: string, version: number) => isNews(calls, { callId, version });
    expect([of("call-1", 3), of("call-1", 4), of("call-2", 1)]).toEqual([false, true, true]);
  });
});

describe("races", () => {
  test("whatever the order, an ended call stays ended", () => {
    const events: Action[] = [
      fact({ version: 1 }),
      hint("call:accepted", 2),
      hint("call:connected", 3),
      hint("call:reconnecting", 4),
      fact({ version: 5, state: "ended" }),
    ];
    for (const order of permutations(events)) expect(stateOf(order.reduce(reduce, {}))).toBe("ended");
  });

  test("a terminal state is never left, not even by a newer hint", () => {
    expect(stateOf(given(fact({ version: 1 }), hint("call:missed", 2), hint("call:accepted", 3)))).toBe(
      "missed",
    );
  });

  test("the state that an event carries wins over the one its name suggests", () => {
    expect(
      stateOf(given(fact({ version: 2, state: "connecting" }), hint("call:ended", 3, { state: "failed" }))),
    ).toBe("failed");
  });

  test("answered on another device: the ringing stops here", () => {
    const calls = given(fact({ version: 1 }), hint("call:answered_elsewhere", 2));
    expect(incoming(calls)).toBeNull();
    expect(live(calls)?.id).toBe("call-1");
  });

  test("a hint about a call never seen invents nothing", () => {
    expect(given(hint("call:incoming", 1))).toEqual({});
  });
});

test("a fresh list names what is left; what it leaves out has to be asked for, unless it was over", () => {
  const calls = given(
    fact({ id: "a", state: "ringing" }),
    fact({ id: "b", state: "active" }),
    fact({ id: "c", state: "ended" }),
  );
  expect(absentFrom(calls, [aCall({ id: "b" })])).toEqual(["a"]);
});

test("the caller sees an outgoing call, the called an incoming one, the newest first", () => {
  const calls = given(
    fact({ id: "old", createdAt: "2026-03-01T19:00:00Z" }),
    fact({ id: "new", createdAt: "2026-03-01T20:00:00Z" }),
    fact({ id: "mine", role: "creator" }),
  );
  expect([incoming(calls)?.id, outgoing(calls)?.id]).toEqual(["new", "mine"]);
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
