// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused, UNREACHABLE } from "../../../lib/api/refusal";
import type { MediaWord } from "../../../lib/api/types";
import type { Capture } from "../../../media/capture";
import type { MediaSession } from "../../../media/port";
import { aCall } from "../../../testing/calls";
import { Carrier } from "./carrier";

/** A call's media as the carrier sees it: what arrives, what was said over the socket, and what the service was told. */
class Stage {
  up = true;
  reachable = true;
  readonly words: number[] = [];
  readonly told: MediaWord[] = [];
  private flows: ((flow: "connected" | "lost") => void) | null = null;
  private heardAt = 0;
  readonly carrier: Carrier;

  constructor() {
    const stage = this;
    this.carrier = new Carrier({
      call: aCall(),
      deviceId: "laptop",
      capture: {} as Capture,
      realtime: {
        get up() {
          return stage.up;
        },
        listen: () => () => {},
        signal: () => {},
        alive: (_id, silentSeconds) => this.words.push(silentSeconds),
        close: () => {},
      },
      http: {
        join: async () => ({}) as never,
        media: async (_id, word) => {
          if (!this.reachable) throw new Refused(0, { code: UNREACHABLE, error: "" });
          this.told.push(word);
          return aCall();
        },
        quality: async () => aCall(),
      },
      onSession: () => {},
      onCall: () => {},
      onRefused: () => {},
      open: async () =>
        ({
          snapshot: () => ({ quality: null }),
          subscribe: () => () => {},
          onFlow: (tell: (flow: "connected" | "lost") => void) => {
            this.flows = tell;
            return () => {};
          },
          get heardAt() {
            return stage.heardAt;
          },
          start: async () => {},
          close: () => {},
        }) as unknown as MediaSession,
    });
  }

  /** Something arrived `ago` milliseconds ago. */
  arrives(ago = 0) {
    this.heardAt = performance.now() - ago;
  }
  async turns(flow: "connected" | "lost") {
    this.flows?.(flow);
    await vi.advanceTimersByTimeAsync(0);
  }
}

let stage: Stage;
beforeEach(async () => {
  vi.useFakeTimers();
  stage = new Stage();
  await stage.carrier.begin();
});
afterEach(() => {
  stage.carrier.close();
  vi.useRealTimers();
});
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("a word is said at least once a second, of the moment when something last arrived", async () => {
  stage.arrives();
  await stage.turns("connected");
  await passes(1000);
  expect(stage.words).toHaveLength(1);
  stage.arrives(300);
  await passes(600);
  expect(stage.words).toEqual([0.8, 0.9]);
});

test("nothing is said before the service was told, nor while it cannot be told of a loss", async () => {
  await passes(3000);
  expect(stage.words).toEqual([]);
  stage.arrives();
  await stage.turns("connected");
  stage.reachable = false;
  await passes(2500);
  const before = stage.words.length;
  await stage.turns("lost");
  stage.arrives();
  await stage.turns("connected");
  await passes(5000);
  expect(stage.words).toHaveLength(before);
  stage.reachable = true;
  await passes(2000);
  expect(stage.told.map((word) => word.state)).toEqual(["connected", "lost", "connected"]);
  expect(stage.words.length).toBeGreaterThan(before);
});

test("a loss that could not be told for long is told with all the silence that is believed", async () => {
  stage.arrives();
  await stage.turns("connected");
  await passes(2000);
  stage.reachable = false;
  await stage.turns("lost");
  stage.arrives();
  await stage.turns("connected");
  await passes(10_000);
  stage.reachable = true;
  await passes(1000);
  expect(stage.told[1]).toEqual({ state: "lost", silentSeconds: 5 });
});

test("it promises its heartbeat only where it has a socket to say it over", async () => {
  stage.up = false;
  await stage.turns("connected");
  stage.up = true;
  await stage.turns("lost");
  await stage.turns("connected");
  expect(stage.told.filter((word) => word.state === "connected").map((word) => word.heartbeat)).toEqual([
    false,
    true,
  ]);
});
