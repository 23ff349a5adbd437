import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused } from "../../lib/api/refusal";
import type { Capture } from "../capture";
import type { AgoraGrant, AgoraSdk } from "./sdk";
import { type AgoraDeps, AgoraSession, qualityOf } from "./session";

type Hear = (...said: never[]) => void;
const GRANT: AgoraGrant = { appId: "app", channel: "call-1", uid: 7, token: "first" };
const flush = () => vi.advanceTimersByTimeAsync(0);

class FakeTrack extends EventTarget {
  enabled = true;
  constructor(readonly kind: "audio" | "video") {
    super();
  }
  stop() {}
}

class FakeStream {
  constructor(private readonly tracks: FakeTrack[] = []) {}
  getTracks = () => this.tracks;
}

/** A channel of Agora's, as far as the adapter can tell. */
function fakeAgora() {
  const hears = new Map<string, Hear>();
  const bytes = { audio: 0, video: 0 };
  const said: string[] = [];
  const joins: unknown[][] = [];
  let answer: () => Promise<unknown> = () => Promise.resolve(7);
  const client = {
    on: (name: string, hear: Hear) => hears.set(name, hear),
    removeAllListeners: () => hears.clear(),
    join: (...args: unknown[]) => {
      joins.push(args);
      return answer();
    },
    leave: async () => void said.push("leave"),
    publish: async (track: { kind: string }) => void said.push(`publish ${track.kind}`),
    unpublish: async (track: { kind: string }) => void said.push(`unpublish ${track.kind}`),
    subscribe: vi.fn(async (_user: unknown, kind: "audio" | "video") => ({
      getMediaStreamTrack: () => new FakeTrack(kind),
    })),
    renewToken: async (token: string) => void said.push(`renew ${token}`),
    getRemoteAudioStats: () => ({ 9: { receiveBytes: bytes.audio } }),
    getRemoteVideoStats: () => ({ 9: { receiveBytes: bytes.video } }),
  };
  const made = (kind: string) => (config: { mediaStreamTrack: unknown }) => ({ kind, ...config });
  const sdk = {
    createClient: () => client,
    createCustomAudioTrack: made("audio"),
    createCustomVideoTrack: made("video"),
    setLogLevel: () => {},
  } as unknown as AgoraSdk;
  const emit = (name: string, ...args: unknown[]) => hears.get(name)?.(...(args as never[]));
  const answers = (next: () => Promise<unknown>) => {
    answer = next;
  };
  return { sdk, client, said, joins, bytes, emit, answers, hears };
}

function fakeCapture() {
  const tracks: Record<string, FakeTrack | null> = { audio: new FakeTrack("audio"), video: null };
  const tells = new Set<(kind: "audio" | "video", track: FakeTrack | null) => void>();
  return {
    track: (kind: string) => tracks[kind] ?? null,
    onTrack: (tell: (kind: "audio" | "video", track: FakeTrack | null) => void) => {
      tells.add(tell);
      return () => tells.delete(tell);
    },
    give: (kind: "audio" | "video", track: FakeTrack | null) => {
      tracks[kind] = track;
      for (const tell of tells) tell(kind, track);
    },
  };
}

function opened(change: Partial<AgoraDeps> = {}) {
  const agora = fakeAgora();
  const capture = fakeCapture();
  const join = vi.fn(async () => ({ ...GRANT, token: "fresh" }));
  const session = new AgoraSession({
    sdk: agora.sdk,
    capture: capture as unknown as Capture,
    video: true,
    deviceId: "tab",
    grant: GRANT,
    join,
    renew: async () => "renewed",
    pauseMs: 10,
    ...change,
  });
  const flows: string[] = [];
  session.onFlow((flow) => flows.push(flow));
  return { agora, capture, session, join, flows };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeStream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("joins with what the service granted and sends the microphone", async () => {
  const { agora, session } = opened();
  await session.start();
  expect(agora.joins).toEqual([["app", "call-1", "first", 7]]);
  expect(agora.said).toEqual(["publish audio"]);
  session.close();
});

test("a join that never answers is given up, left, and tried again with a fresh token", async () => {
  const { agora, session, join } = opened({ joinMs: 1000 });
  agora.answers(() => new Promise(() => {}));
  const started = session.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(agora.said).toEqual(["leave"]);
  agora.answers(() => Promise.resolve(7));
  await vi.advanceTimersByTimeAsync(10);
  await started;
  expect(join).toHaveBeenCalledTimes(1);
  expect(agora.joins[1]).toEqual(["app", "call-1", "fresh", 7]);
  session.close();
});

test("after three silent joins the person is told in our words", async () => {
  const { agora, session } = opened({ joinMs: 100 });
  agora.answers(() => new Promise(() => {}));
  const started = session.start().catch((fault: unknown) => fault);
  await vi.advanceTimersByTimeAsync(1000);
  const fault = await started;
  expect(agora.joins).toHaveLength(3);
  expect(fault).toBeInstanceOf(Refused);
  expect((fault as Refused).code).toBe("MEDIA_UNREACHABLE");
  session.close();
});

test("who was shown out does not knock again", async () => {
  const { agora, session } = opened();
  agora.answers(() => Promise.reject({ code: "CHANNEL_BANNED" }));
  const fault = await session.start().catch((caught: unknown) => caught);
  expect((fault as Refused).code).toBe("MEDIA_ACCESS");
  expect(agora.joins).toHaveLength(1);
  session.close();
});

test("a call that ended meanwhile is said as the service says it", async () => {
  const { agora, session } = opened({
    join: async () => {
      throw new Refused(410, { code: "CALL_ENDED", error: "This call is over." });
    },
  });
  agora.answers(() => Promise.reject({ code: "NETWORK_ERROR" }));
  const started = session.start().catch((caught: unknown) => caught);
  await vi.advanceTimersByTimeAsync(10);
  expect(((await started) as Refused).code).toBe("CALL_ENDED");
  session.close();
});

test("the camera is published when it opens, replaced when it changes, and unpublished when it closes", async () => {
  const { agora, capture, session } = opened();
  await session.start();
  capture.give("video", new FakeTrack("video"));
  await flush();
  capture.give("video", new FakeTrack("video"));
  await flush();
  capture.give("video", null);
  await flush();
  expect(agora.said).toEqual([
    "publish audio",
    "publish video",
    "unpublish video",
    "publish video",
    "unpublish video",
  ]);
  session.close();
});

test("a failed publish does not keep the next one from being tried", async () => {
  const { agora, capture, session } = opened();
  await session.start();
  const publish = agora.client.publish;
  agora.client.publish = async () => Promise.reject({ code: "SENDER_REPLACE_FAILED" });
  capture.give("video", new FakeTrack("video"));
  await flush();
  agora.client.publish = publish;
  capture.give("video", new FakeTrack("video"));
  await flush();
  expect(agora.said.filter((one) => one === "publish video")).toHaveLength(1);
  session.close();
});

test("the other's picture and voice arrive, and their camera is known by what they publish", async () => {
  const { agora, session } = opened();
  await session.start();
  agora.emit("user-published", { uid: 9 }, "audio");
  agora.emit("user-published", { uid: 9 }, "video");
  await flush();
  const kinds = () =>
    session
      .snapshot()
      .remote.getTracks()
      .map((track) => track.kind);
  expect(kinds()).toEqual(["audio", "video"]);
  expect(session.snapshot().remoteCamera).toBe(true);
  agora.emit("user-unpublished", { uid: 9 }, "video");
  expect(kinds()).toEqual(["audio"]);
  expect(session.snapshot().remoteCamera).toBe(false);
  session.close();
});

test("a subscription that fails is tried again", async () => {
  const { agora, session } = opened();
  await session.start();
  agora.client.subscribe.mockRejectedValueOnce({ code: "SUBSCRIBE_FAILED" });
  agora.emit("user-published", { uid: 9 }, "audio");
  await vi.advanceTimersByTimeAsync(20);
  expect(session.snapshot().remote.getTracks()).toHaveLength(1);
  session.close();
});

test("media counts as connected by its bytes, and as lost when they stand still", async () => {
  const { agora, session, flows } = opened();
  await session.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(flows).toEqual([]);
  agora.bytes.audio = 500;
  await vi.advanceTimersByTimeAsync(500);
  expect(flows).toEqual(["connected"]);
  await vi.advanceTimersByTimeAsync(2500);
  expect(flows).toEqual(["connected", "lost"]);
  agora.bytes.video = 900;
  await vi.advanceTimersByTimeAsync(500);
  expect(flows).toEqual(["connected", "lost", "connected"]);
  session.close();
});

test("the token is renewed before it runs out", async () => {
  const { agora, session } = opened();
  await session.start();
  agora.emit("token-privilege-will-expire");
  await flush();
  expect(agora.said.at(-1)).toBe("renew renewed");
  session.close();
});

test("a token that ran out, or a lost channel, is followed by joining and publishing again", async () => {
  for (const trouble of [
    ["token-privilege-did-expire"],
    ["connection-state-change", "DISCONNECTED", "CONNECTED", "NETWORK_ERROR"],
  ]) {
    const { agora, session, join } = opened();
    await session.start();
    agora.emit(...(trouble as [string]));
    await flush();
    expect(join).toHaveBeenCalledTimes(1);
    expect(agora.joins.at(-1)).toEqual(["app", "call-1", "fresh", 7]);
    expect(agora.said).toEqual(["publish audio", "leave", "publish audio"]);
    session.close();
  }
});

test("being shown out of the channel is final, and so is leaving", async () => {
  for (const reason of ["CHANNEL_BANNED", "LEAVE", undefined]) {
    const { agora, session } = opened();
    await session.start();
    agora.emit("connection-state-change", "DISCONNECTED", "CONNECTED", reason);
    await flush();
    expect(agora.joins).toHaveLength(1);
    session.close();
  }
});

test("closing leaves the channel once and says nothing more", async () => {
  const { agora, capture, session, flows } = opened();
  await session.start();
  session.close();
  agora.bytes.audio = 10;
  capture.give("video", new FakeTrack("video"));
  await vi.advanceTimersByTimeAsync(5000);
  expect(agora.said).toEqual(["publish audio", "leave"]);
  expect(flows).toEqual([]);
  expect(agora.hears.size).toBe(0);
});

test("a session closed while it joins leaves again", async () => {
  const { agora, session } = opened();
  let enter: (uid: number) => void = () => {};
  agora.answers(() => new Promise((resolve) => (enter = resolve)));
  const started = session.start();
  session.close();
  enter(7);
  await started;
  expect(agora.said).toEqual(["leave", "leave"]);
});

test("Agora's six grades become our three", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map(qualityOf)).toEqual([null, 3, 3, 2, 1, 1, 1]);
});
