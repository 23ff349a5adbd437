/**
 * The Agora adapter: both join one channel of Agora's cloud. The SDK mends broken networks by itself; what it leaves
 * open is done here: a join that never answers, tokens that run out, a channel that was left.
 */
import type { MediaDeps, MediaSession, MediaSnapshot, Quality } from "../port";
import { FlowWatch } from "../webrtc/watch";
import { LocalTracks } from "./local";
import type { AgoraClient, AgoraGrant, AgoraSdk } from "./sdk";
import { codeOfFault, JOIN_TIMEOUT, troubleOf } from "./trouble";

const READ_EVERY_MS = 500;
const JOIN_MS = 5000;
const JOIN_ATTEMPTS = 3;
const PAUSE_MS = 500;
const SUBSCRIBE_ATTEMPTS = 3;
const QUIET = 4;
/** Nobody comes back from these: the call is over, or another page of the same person took the channel. */
const FINAL = ["LEAVE", "UID_BANNED", "CHANNEL_BANNED", "IP_BANNED", "UID_CONFLICT"];

export type AgoraDeps = MediaDeps & {
  readonly sdk: AgoraSdk;
  readonly grant: AgoraGrant;
  /** A fresh grant for joining again. */
  readonly join: () => Promise<AgoraGrant>;
  /** A fresh token while joined. */
  readonly renew: (grant: AgoraGrant) => Promise<string>;
  readonly joinMs?: number;
  readonly pauseMs?: number;
};

type RemoteUser = Parameters<AgoraClient["subscribe"]>[0];

export class AgoraSession implements MediaSession {
  private state: MediaSnapshot;
  private readonly listeners = new Set<() => void>();
  private readonly flowListeners = new Set<(flow: "connected" | "lost") => void>();
  private readonly watch = new FlowWatch();
  private readonly client: AgoraClient;
  private readonly local: LocalTracks;
  private readonly offTrack: () => void;
  private grant: AgoraGrant;
  private timer: ReturnType<typeof setInterval> | undefined;
  private entering: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly deps: AgoraDeps) {
    this.state = {
      flow: "waiting",
      remote: new MediaStream(),
      remoteCamera: false,
      pictureStalled: false,
      quality: null,
    };
    this.grant = deps.grant;
    deps.sdk.setLogLevel(QUIET);
    this.client = deps.sdk.createClient({ mode: "rtc", codec: "vp8" });
    this.local = new LocalTracks(deps.sdk);
    for (const kind of ["audio", "video"] as const) void this.send(kind, deps.capture.track(kind));
    this.offTrack = deps.capture.onTrack((kind, track) => void this.send(kind, track));
    this.hear();
  }

  snapshot = (): MediaSnapshot => this.state;

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  onFlow(tell: (flow: "connected" | "lost") => void): () => void {
    this.flowListeners.add(tell);
    return () => this.flowListeners.delete(tell);
  }

  get heardAt(): number {
    return this.watch.risenAt ?? performance.now();
  }

  /** Rejects with a sentence of ours when the channel cannot be joined. */
  async start(): Promise<void> {
    this.timer = setInterval(() => this.read(), READ_EVERY_MS);
    await this.enter();
  }

  setMicrophone = (on: boolean) => this.deps.capture.setMicrophone(on);
  setCamera = (on: boolean) => this.deps.capture.setCamera(on);
  devices = () => this.deps.capture.devices();
  switchDevice = (kind: "audioinput" | "videoinput", deviceId: string) =>
    this.deps.capture.switchDevice(kind === "audioinput" ? "audio" : "video", deviceId);

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.offTrack();
    this.local.left();
    this.client.removeAllListeners();
    void this.client.leave().catch(() => undefined);
    this.listeners.clear();
    this.flowListeners.clear();
  }

  // ── in and out of the channel ────────────────────────────────────────────────────────────────────────────────

  /** Joins, and joins again after a channel was left; one at a time. */
  private enter(): Promise<void> {
    this.entering ??= this.tryToEnter().finally(() => {
      this.entering = null;
    });
    return this.entering;
  }

  private async tryToEnter(): Promise<void> {
    for (let attempt = 1; !this.closed; attempt += 1) {
      try {
        await this.join(this.grant);
        if (this.closed) return void this.client.leave().catch(() => undefined);
        this.watch.rebuilt();
        await this.local.entered(this.client).catch(() => undefined);
        return;
      } catch (fault) {
        this.local.left();
        await this.client.leave().catch(() => undefined);
        if (attempt === JOIN_ATTEMPTS || FINAL.includes(codeOfFault(fault))) throw troubleOf(fault);
        await new Promise((resolve) => setTimeout(resolve, this.deps.pauseMs ?? PAUSE_MS));
        if (!this.closed) this.grant = await this.deps.join();
      }
    }
  }

  /** Without a network the SDK's `join` stays silent for good: our own patience decides. */
  private async join({ appId, channel, token, uid }: AgoraGrant): Promise<void> {
    let patience: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      patience = setTimeout(() => reject({ code: JOIN_TIMEOUT }), this.deps.joinMs ?? JOIN_MS);
    });
    try {
      await Promise.race([this.client.join(appId, channel, token, uid), silence]);
    } finally {
      clearTimeout(patience);
    }
  }

  private async renew(): Promise<void> {
    try {
      const token = await this.deps.renew(this.grant);
      this.grant = { ...this.grant, token };
      if (!this.closed) await this.client.renewToken(token);
    } catch {
      // It runs out then; the channel is joined again with a fresh one, if the call still lives.
    }
  }

  private async again(): Promise<void> {
    if (this.closed || this.entering) return;
    this.local.left();
    try {
      await this.client.leave();
      this.grant = await this.deps.join();
      await this.enter();
    } catch {
      // The service ends a call whose media does not come back.
    }
  }

  // ── what the SDK says ────────────────────────────────────────────────────────────────────────────────────────

  private hear(): void {
    const { client } = this;
    client.on("user-published", (user, kind) => {
      if (kind !== "datachannel") void this.take(user, kind);
    });
    client.on("user-unpublished", (_user, kind) => {
      if (kind !== "datachannel") this.dropped(kind);
    });
    client.on("user-left", () => this.update({ remoteCamera: false }));
    client.on("network-quality", ({ downlinkNetworkQuality }) => {
      const quality = this.watch.flow === "connected" ? qualityOf(downlinkNetworkQuality) : null;
      if (quality !== this.state.quality) this.update({ quality });
    });
    client.on("token-privilege-will-expire", () => void this.renew());
    client.on("token-privilege-did-expire", () => void this.again());
    client.on("connection-state-change", (state, _before, reason) => {
      if (state === "DISCONNECTED" && !FINAL.includes(reason ?? "LEAVE")) void this.again();
    });
  }

  private async take(user: RemoteUser, kind: "audio" | "video"): Promise<void> {
    for (let attempt = 1; !this.closed && attempt <= SUBSCRIBE_ATTEMPTS; attempt += 1) {
      try {
        const track = await this.client.subscribe(user, kind);
        if (this.closed || !("getMediaStreamTrack" in track)) return;
        const others = this.state.remote.getTracks().filter((old) => old.kind !== kind);
        const remote = new MediaStream([...others, track.getMediaStreamTrack()]);
        return this.update({ remote, ...(kind === "video" ? { remoteCamera: true } : {}) });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, this.deps.pauseMs ?? PAUSE_MS));
      }
    }
  }

  private dropped(kind: "audio" | "video"): void {
    const remote = new MediaStream(this.state.remote.getTracks().filter((track) => track.kind !== kind));
    this.update({ remote, ...(kind === "video" ? { remoteCamera: false } : {}) });
  }

  private read(): void {
    const all = [this.client.getRemoteAudioStats(), this.client.getRemoteVideoStats()];
    const bytes = all
      .flatMap((stats) => Object.values(stats))
      .reduce((sum, one) => sum + one.receiveBytes, 0);
    const at = performance.now();
    const flow = this.watch.take({ at, bytes });
    if (!flow) return;
    this.update({ flow, ...(flow === "lost" ? { quality: null } : {}) });
    for (const tell of [...this.flowListeners]) tell(flow);
  }

  private send(kind: "audio" | "video", track: MediaStreamTrack | null): Promise<void> {
    return this.local.set(kind, track).catch(() => undefined);
  }

  private update(change: Partial<MediaSnapshot>): void {
    this.state = { ...this.state, ...change };
    for (const tell of [...this.listeners]) tell();
  }
}

/** Agora counts from 1, excellent, to 6, disconnected; 0 is unknown. */
export function qualityOf(network: number): Quality | null {
  if (network === 0) return null;
  if (network <= 2) return 3;
  return network === 3 ? 2 : 1;
}
