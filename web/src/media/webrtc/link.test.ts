import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Signal } from "../../lib/realtime/port";
import { FakePeer } from "../../testing/fakePeer";
import { Link, WATCHDOG_MS } from "./link";
import type { Said, SignalPath } from "./path";

/** A side of the call: its link, the peers it made, and a path whose messages the test carries by hand. */
class Side implements SignalPath {
  up = true;
  readonly peers: FakePeer[] = [];
  readonly said: Signal[] = [];
  readonly cameraSeen: boolean[] = [];
  readonly link: Link;
  private hear: (signal: Signal) => void = () => {};
  private upped: () => void = () => {};

  constructor(
    readonly page: string,
    polite: boolean,
    epoch = 1,
    public camera: object | null = null,
  ) {
    this.link = new Link({
      polite,
      epoch,
      video: true,
      path: this,
      configuration: async () => ({ iceTransportPolicy: "relay" }),
      track: (kind) => (kind === "video" ? this.camera : { kind, page }) as MediaStreamTrack | null,
      onPeer: () => {},
      onTrack: () => {},
      onCamera: (on) => this.cameraSeen.push(on),
      onState: () => {},
      createPeer: (configuration) => {
        const peer = new FakePeer(configuration);
        this.peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
    });
  }

  send(said: Said) {
    if (this.up) this.said.push({ ...said, callId: "call-1", deviceId: this.page });
  }
  onSignal(tell: (signal: Signal) => void) {
    this.hear = tell;
    return () => {
      this.hear = () => {};
    };
  }
  onUp(tell: () => void) {
    this.upped = tell;
    return () => {};
  }
  receive(signal: Signal) {
    this.hear(signal);
  }
  comeBack() {
    this.up = true;
    this.upped();
  }
  get peer(): FakePeer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error(`${this.page} has no peer`);
    return peer;
  }
  offers() {
    return this.said.filter((signal) => signal.description?.type === "offer");
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);

/** Carries messages both ways until nobody has anything to say. */
async function talk(a: Side, b: Side) {
  await settle();
  while (a.said.length + b.said.length > 0) {
    for (const signal of a.said.splice(0)) b.receive(signal);
    for (const signal of b.said.splice(0)) a.receive(signal);
    await settle();
  }
}

async function connected(mia: Side, sam: Side) {
  mia.peer.becomes("connected");
  sam.peer.becomes("connected");
  await talk(mia, sam);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function inACall() {
  const mia = new Side("mia-page", false);
  const sam = new Side("sam-page", true, 1, { kind: "video" });
  void mia.link.start();
  void sam.link.start();
  await talk(mia, sam);
  await connected(mia, sam);
  return { mia, sam };
}

describe("the first offer", () => {
  test("only the impolite side makes it", async () => {
    const mia = new Side("mia-page", false);
    const sam = new Side("sam-page", true);
    void mia.link.start();
    void sam.link.start();
    await settle();
    expect(mia.offers()).toHaveLength(1);
    expect(sam.said).toEqual([{ callId: "call-1", deviceId: "sam-page", epoch: 0, hello: true }]);
    expect(sam.peers).toHaveLength(0);
  });

  test("the polite side adds its tracks after the offer is set, and both end stable", async () => {
    const { mia, sam } = await inACall();
    expect(sam.peer.log).toEqual(["remote:offer", "track:audio", "track:video"]);
    expect(sam.peer.transceivers.every((own) => own.direction === "sendrecv")).toBe(true);
    expect([mia.peer.signalingState, sam.peer.signalingState]).toEqual(["stable", "stable"]);
  });

  test("an address that overtakes its description waits for it, on both sides", async () => {
    const { mia, sam } = await inACall();
    expect(mia.peer.candidates).toHaveLength(1);
    expect(sam.peer.candidates).toHaveLength(1);
  });

  test("a page that listens later still gets it: hello brings the same offer, not another connection", async () => {
    const mia = new Side("mia-page", false);
    void mia.link.start();
    await settle();
    mia.said.length = 0;
    const sam = new Side("sam-page", true);
    void sam.link.start();
    await talk(mia, sam);
    expect(mia.peers).toHaveLength(1);
    expect(mia.peer.signalingState).toBe("stable");
  });

  test("the policy of the service is the policy of the connection", async () => {
    const { sam } = await inACall();
    expect(sam.peer.configuration.iceTransportPolicy).toBe("relay");
  });
});

describe("epochs", () => {
  test("every message carries one, and those of an older one are dropped", async () => {
    const { mia, sam } = await inACall();
    const epoch = mia.link.epoch;
    const late: Signal = {
      callId: "call-1",
      deviceId: "sam-page",
      epoch: epoch - 1,
      candidate: { candidate: "old" },
    };
    const before = mia.peer.candidates.length;
    mia.receive(late);
    await settle();
    expect(mia.peer.candidates).toHaveLength(before);
    sam.receive({
      callId: "call-1",
      deviceId: "mia-page",
      epoch: epoch - 1,
      description: { type: "offer", sdp: "o=old\nm:audio" },
    });
    await settle();
    expect(sam.peers).toHaveLength(1);
  });

  test("a reloaded fan says hello from a new page, and the creator rebuilds under a new epoch", async () => {
    const { mia, sam } = await inACall();
    const before = mia.link.epoch;
    sam.link.close();
    const again = new Side("sam-page-2", true, 2);
    void again.link.start();
    await talk(mia, again);
    expect(mia.link.epoch).toBe(before + 1);
    expect(mia.peers.map((peer) => peer.closed)).toEqual([true, false]);
    expect(again.peer.signalingState).toBe("stable");
  });

  test("a reloaded creator's offer is taken although her count began anew", async () => {
    const { mia, sam } = await inACall();
    mia.link.close();
    const again = new Side("mia-page-2", false, 1);
    void again.link.start();
    await talk(again, sam);
    expect(sam.peers.map((peer) => peer.closed)).toEqual([true, false]);
    expect(again.peer.signalingState).toBe("stable");
  });

  test("what another page of the other side says is not believed", async () => {
    const { mia } = await inACall();
    const seen = mia.cameraSeen.length;
    mia.receive({ callId: "call-1", deviceId: "stranger", epoch: mia.link.epoch, camera: false });
    await settle();
    expect(mia.cameraSeen).toHaveLength(seen);
  });
});

describe("healing", () => {
  test("four seconds without a connection: the impolite side alone rebuilds", async () => {
    const mia = new Side("mia-page", false);
    const sam = new Side("sam-page", true);
    void mia.link.start();
    void sam.link.start();
    await talk(mia, sam);
    await vi.advanceTimersByTimeAsync(WATCHDOG_MS - 10);
    expect(mia.peers).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20);
    await talk(mia, sam);
    expect(mia.peers).toHaveLength(2);
    expect(sam.peers).toHaveLength(2);
    expect(sam.link.epoch).toBe(mia.link.epoch);
  });

  test("a connection that holds is left alone", async () => {
    const { mia, sam } = await inACall();
    await vi.advanceTimersByTimeAsync(10 * WATCHDOG_MS);
    expect([mia.peers.length, sam.peers.length]).toEqual([1, 1]);
  });

  test("a failure is acted on at once by the impolite side", async () => {
    const { mia, sam } = await inACall();
    await vi.advanceTimersByTimeAsync(5000);
    mia.peer.becomes("failed");
    await talk(mia, sam);
    expect(mia.peers).toHaveLength(2);
    expect(sam.peers).toHaveLength(2);
  });

  test("the polite side that fails asks, and does not rebuild by itself", async () => {
    const { mia, sam } = await inACall();
    await vi.advanceTimersByTimeAsync(5000);
    sam.peer.becomes("failed");
    await settle();
    expect(sam.peers).toHaveLength(1);
    expect(sam.said.some((signal) => signal.hello)).toBe(true);
    await talk(mia, sam);
    expect([mia.peers.length, sam.peers.length]).toEqual([2, 2]);
  });

  test("a short disconnection is mended by new addresses under the same epoch", async () => {
    const { mia, sam } = await inACall();
    const epoch = mia.link.epoch;
    mia.peer.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(1100);
    await talk(mia, sam);
    expect(mia.peer.log).toContain("restart");
    expect([mia.peers.length, sam.peers.length, mia.link.epoch]).toEqual([1, 1, epoch]);
  });

  test("while the socket is down nothing is tried; when it is up again it is", async () => {
    const { mia, sam } = await inACall();
    await vi.advanceTimersByTimeAsync(5000);
    mia.up = sam.up = false;
    mia.peer.becomes("failed");
    await vi.advanceTimersByTimeAsync(5 * WATCHDOG_MS);
    expect(mia.peers).toHaveLength(1);
    mia.comeBack();
    sam.comeBack();
    await talk(mia, sam);
    expect(mia.peers).toHaveLength(2);
    expect(mia.peer.signalingState).toBe("stable");
  });

  test("after close nothing stirs any more", async () => {
    const { mia } = await inACall();
    mia.link.close();
    mia.said.length = 0;
    await vi.advanceTimersByTimeAsync(10 * WATCHDOG_MS);
    expect([mia.said.length, mia.peers.length, mia.peer.closed]).toEqual([0, 1, true]);
  });
});

test("a camera that goes off is taken from the wire and said, since the other's track never tells", async () => {
  const { mia, sam } = await inACall();
  expect(mia.cameraSeen.at(-1)).toBe(true);
  sam.camera = null;
  sam.link.replaceTrack("video", null);
  await talk(mia, sam);
  expect(sam.peer.transceivers.find((own) => own.kind === "video")?.sent).toBeNull();
  expect(mia.cameraSeen.at(-1)).toBe(false);
});
