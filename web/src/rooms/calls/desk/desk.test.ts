// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Refused } from "../../../lib/api/refusal";
import type { Call } from "../../../lib/api/types";
import type { CallEventName, Realtime, RealtimeListener } from "../../../lib/realtime/port";
import { aCall } from "../../../testing/calls";
import { CallDesk } from "./desk";
import type { CallsHttp } from "./http";
import { deviceId } from "./tab";
import { screenOf } from "./view";

/** The service as one page sees it: a table of calls, and a way to say things. */
class Service {
  readonly calls = new Map<string, Call>();
  readonly carriers: { closed: boolean; callId: string }[] = [];
  private readonly listeners = new Set<RealtimeListener>();
  readonly realtime: Realtime = {
    up: true,
    listen: (listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
    signal: () => {},
    alive: () => {},
    close: () => {},
  };

  put(change: Partial<Call>): Call {
    const id = change.id ?? "call-1";
    const call = { ...(this.calls.get(id) ?? aCall()), ...change, id };
    this.calls.set(id, call);
    return call;
  }
  say(name: CallEventName, rest: object = {}, callId = "call-1") {
    const version = this.calls.get(callId)?.version ?? 0;
    for (const listener of [...this.listeners]) listener.onCallEvent?.(name, { callId, version, ...rest });
  }
  moves(change: Partial<Call>, name: CallEventName) {
    const old = this.calls.get("call-1");
    this.put({ ...change, version: (old?.version ?? 0) + 1 });
    this.say(name);
  }

  private move = (callId: string, change: Partial<Call>) => {
    const call = this.calls.get(callId);
    if (!call) throw new Refused(404, { code: "CALL_NOT_FOUND", error: "" });
    return this.put({ ...change, id: callId, version: call.version + 1 });
  };
  readonly http: CallsHttp = {
    initiate: async (_fan, callType) => this.put({ role: "creator", callType, state: "ringing" }),
    accept: vi.fn(async (id: string) => this.move(id, { state: "connecting" })),
    decline: async (id, minutes) =>
      this.move(id, { state: "declined", callBackAt: minutes ? `2026-03-01T20:${minutes}:05Z` : null }),
    cancel: async (id) => this.move(id, { state: "cancelled" }),
    end: async (id) => this.move(id, { state: "ended", connectedAt: "2026-03-01T20:00:10Z" }),
    current: async () =>
      [...this.calls.values()].filter((c) => ["ringing", "connecting", "active"].includes(c.state)),
    get: async (id) => this.move(id, { version: (this.calls.get(id)?.version ?? 1) - 1 }),
    join: async () => {
      throw new Error("not here");
    },
    media: async (id) => this.move(id, {}),
    quality: async (id) => this.move(id, {}),
  };

  desk(): CallDesk {
    return new CallDesk({
      userId: "sam-id",
      displayName: "Sam",
      standIns: false,
      realtime: this.realtime,
      http: this.http,
      onSettled: () => {},
      makeCarrier: ({ call }) => {
        const carrier = { closed: false, callId: call.id };
        this.carriers.push(carrier);
        return {
          begin: async () => {},
          noticed: () => {},
          close: () => {
            carrier.closed = true;
          },
        };
      },
    });
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
let service: Service;
let desks: CallDesk[] = [];
async function open(): Promise<CallDesk> {
  const desk = service.desk();
  desks.push(desk);
  await settle();
  return desk;
}
const screen = (desk: CallDesk) => screenOf(desk.view()).kind;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-03-01T20:00:05Z") });
  sessionStorage.clear();
  service = new Service();
});
afterEach(() => {
  for (const desk of desks) desk.close();
  desks = [];
  vi.useRealTimers();
});

describe("Sam is rung", () => {
  test("the ring shows on an event, and on loading the page while it rings", async () => {
    const early = await open();
    expect(screen(early)).toBe("nothing");
    service.put({});
    service.say("call:incoming");
    await settle();
    expect(screen(early)).toBe("incoming");
    expect(screen(await open())).toBe("incoming");
  });

  test("no media is opened before he accepts; then in this page only", async () => {
    service.put({});
    const [desk, sibling] = [await open(), await open()];
    expect(desk.view().capture).toBeNull();
    const call = desk.view().calls["call-1"];
    if (!call) throw new Error("no call");
    await desk.accept(call, true, 60);
    expect(service.http.accept).toHaveBeenCalledWith("call-1", deviceId, 60);
    service.say("call:accepted");
    await settle();
    expect([screen(desk), screen(sibling)]).toEqual(["active", "elsewhere"]);
    expect(service.carriers).toHaveLength(1);
    expect(sibling.view().notice?.kind).toBe("elsewhere");
  });

  test("a refused accept keeps the ring, says why, and closes what it opened", async () => {
    service.put({});
    const desk = await open();
    service.http.accept = async () => {
      throw new Refused(402, { code: "INSUFFICIENT_TOKENS", error: "", details: { missingTokens: 5 } });
    };
    await desk.accept(aCall(), true, null);
    expect(screen(desk)).toBe("incoming");
    expect(desk.view()).toMatchObject({ carrying: null, capture: null, problem: { verb: "accept" } });
  });

  test("a caller who hangs up leaves a notice, not a screen", async () => {
    service.put({});
    const desk = await open();
    service.moves({ state: "cancelled" }, "call:cancelled");
    await settle();
    expect(screen(desk)).toBe("nothing");
    expect(desk.view().notice?.kind).toBe("cancelled");
  });

  test("a ring that he puts off says until when; a plain decline says nothing", async () => {
    service.put({});
    const desk = await open();
    await desk.decline(aCall(), 30);
    expect(screen(desk)).toBe("nothing");
    expect(desk.view().notice).toMatchObject({ kind: "later", call: { callBackAt: "2026-03-01T20:30:05Z" } });
    service.put({ id: "call-2" });
    service.say("call:incoming", {}, "call-2");
    await settle();
    desk.dismiss();
    await desk.decline(aCall({ id: "call-2" }));
    expect(desk.view().notice).toBeNull();
  });

  test("a sibling tab that answered is reason to look at once, and the service alone says what is true", async () => {
    const channels: { heard?: (event: MessageEvent) => void; name: string }[] = [];
    vi.stubGlobal(
      "BroadcastChannel",
      class {
        private readonly mine: (typeof channels)[number];
        constructor(name: string) {
          this.mine = { name };
          channels.push(this.mine);
        }
        set onmessage(heard: (event: MessageEvent) => void) {
          this.mine.heard = heard;
        }
        postMessage(data: unknown) {
          for (const one of channels)
            if (one !== this.mine && one.name === this.mine.name) one.heard?.({ data } as MessageEvent);
        }
        close() {}
      },
    );
    service.put({});
    const [answering, sibling] = [await open(), await open()];
    channels[1]?.heard?.({ data: "call-1" } as MessageEvent);
    await settle();
    expect(screen(sibling)).toBe("incoming"); // a tab that only says so changes nothing
    await answering.accept(aCall(), false, null);
    await settle();
    expect(screen(sibling)).toBe("elsewhere");
    vi.unstubAllGlobals();
  });

  test("an end that no event told of is found by asking", async () => {
    service.put({});
    const desk = await open();
    service.put({ state: "missed", version: 2 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(screen(desk)).toBe("nothing");
  });
});

describe("Mia calls", () => {
  test("ringing, live, over: each screen once, and the media only while it is live", async () => {
    const desk = await open();
    await desk.ring("sam-id", "voice");
    expect([screen(desk), service.carriers.length]).toEqual(["outgoing", 0]);
    service.moves({ state: "connecting" }, "call:accepted");
    await settle();
    expect([screen(desk), service.carriers.length]).toEqual(["active", 1]);
    service.moves({ state: "ended", connectedAt: "2026-03-01T20:00:10Z" }, "call:ended");
    await settle();
    expect([screen(desk), service.carriers[0]?.closed]).toEqual(["closing", true]);
    desk.dismiss();
    expect(screen(desk)).toBe("nothing");
  });

  test("her own cancel needs no screen that says so", async () => {
    const desk = await open();
    await desk.ring("sam-id", "voice");
    const call = desk.view().calls["call-1"];
    if (call) await desk.cancel(call);
    await settle();
    expect(screen(desk)).toBe("nothing");
  });
});

describe("which page carries the call", () => {
  test("another page of mine that takes over makes this one let go; one of the other's does not", async () => {
    service.put({});
    const desk = await open();
    await desk.accept(aCall(), true, null);
    service.say("call:taken_over", { role: "creator", deviceId: "mias-new-page" });
    await settle();
    expect([screen(desk), service.carriers[0]?.closed]).toEqual(["active", false]);
    service.say("call:taken_over", { role: "fan", deviceId: "sams-new-page" });
    await settle();
    expect([screen(desk), service.carriers[0]?.closed]).toEqual(["elsewhere", true]);
  });

  test("after a reload the page goes on with the call it carried", async () => {
    service.put({});
    const desk = await open();
    await desk.accept(aCall(), true, null);
    const kept = sessionStorage.getItem("stagedoor.carrying");
    desk.close();
    sessionStorage.setItem("stagedoor.carrying", kept ?? "");
    const again = await open();
    await vi.advanceTimersByTimeAsync(1200);
    expect(screen(again)).toBe("active");
    expect(service.carriers).toHaveLength(2);
  });

  test("a tab that never answered shows the quiet bar, and takes the call when asked", async () => {
    service.put({ state: "active", version: 4 });
    const desk = await open();
    expect(screen(desk)).toBe("elsewhere");
    const call = desk.view().calls["call-1"];
    if (call) await desk.takeOver(call);
    expect(screen(desk)).toBe("active");
    expect(service.carriers).toHaveLength(1);
  });
});
