/**
 * The negotiation between the two sides of a call. Held true here, in every order of messages:
 *   - only the impolite side offers, so there is no glare; the polite side adds its tracks after the offer is set;
 *   - every peer connection has an epoch, every message carries it, and messages of an older one are dropped;
 *   - the impolite side alone rebuilds: after 4 s without a connection, after a failure, or when a new page of the
 *     other side says hello; the polite side asks for it by hello;
 *   - nothing is healed while the socket is down, because nothing could be said.
 */
import type { Signal } from "../../lib/realtime/port";
import type { Kind } from "../capture";
import type { SignalPath } from "./path";

export const WATCHDOG_MS = 4000;
const SOCKET_RETRY_MS = 500;
const RESTART_AFTER_MS = 1000;
const SETTLING_MS = 1000;
const EARLY_KEPT = 40;

export type LinkDeps = {
  readonly polite: boolean;
  readonly epoch: number;
  readonly video: boolean;
  readonly path: SignalPath;
  /** Fresh ICE servers each time, since relay credentials end. */
  readonly configuration: () => Promise<RTCConfiguration>;
  readonly track: (kind: Kind) => MediaStreamTrack | null;
  readonly onPeer: (pc: RTCPeerConnection) => void;
  readonly onTrack: (track: MediaStreamTrack) => void;
  readonly onCamera: (on: boolean) => void;
  readonly onState: (state: RTCPeerConnectionState) => void;
  readonly createPeer?: (configuration: RTCConfiguration) => RTCPeerConnection;
};

export class Link {
  pc: RTCPeerConnection | null = null;
  epoch: number;
  private otherDevice: string | null = null;
  private bornAt = 0;
  private building = false;
  private early: Signal[] = [];
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private restart: ReturnType<typeof setTimeout> | undefined;
  private queue: Promise<void> = Promise.resolve();
  private readonly leave: (() => void)[] = [];
  private closed = false;

  constructor(private readonly deps: LinkDeps) {
    this.epoch = deps.polite ? 0 : Math.max(0, deps.epoch - 1);
  }

  async start(): Promise<void> {
    const { path, polite } = this.deps;
    this.leave.push(path.onSignal((signal) => this.inTurn(() => this.heard(signal))));
    this.leave.push(path.onUp(() => this.heal()));
    if (polite) this.hello();
    else await this.inTurn(() => this.build());
    this.watch();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.watchdog);
    clearTimeout(this.restart);
    for (const off of this.leave) off();
    this.drop();
  }

  replaceTrack(kind: Kind, track: MediaStreamTrack | null): void {
    const sender = this.pc?.getTransceivers().find((t) => t.receiver.track.kind === kind)?.sender;
    void sender?.replaceTrack(track).catch(() => undefined);
    if (kind === "video") this.sayCamera();
  }

  sayCamera(): void {
    this.deps.path.send({ epoch: this.epoch, camera: this.deps.track("video") !== null });
  }

  /** One message at a time: answers and candidates never overtake the description they belong to. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(async () => {
      if (this.closed) return;
      try {
        await work();
      } catch {
        // A description the browser refuses leaves this epoch unusable; the watchdog replaces it.
      }
    });
    return this.queue;
  }

  private async heard(signal: Signal): Promise<void> {
    if (signal.hello) {
      if (!this.deps.polite) await this.heardHello(signal);
      return;
    }
    if (signal.description?.type === "offer" && this.deps.polite) return this.heardOffer(signal);
    if (signal.candidate) return this.heardCandidate(signal);
    const foreign = this.otherDevice !== null && signal.deviceId !== this.otherDevice;
    if (signal.epoch !== this.epoch || foreign) return;
    if (signal.description?.type === "answer" && !this.deps.polite) return this.heardAnswer(signal);
    if (signal.camera !== undefined) this.deps.onCamera(signal.camera);
  }

  /** An address may overtake the description it belongs to; it waits for it. */
  private async heardCandidate(signal: Signal): Promise<void> {
    if (signal.epoch < this.epoch && signal.deviceId === this.otherDevice) return;
    this.early = [...this.early, signal].slice(-EARLY_KEPT);
    if (this.pc?.remoteDescription) await this.addEarly(this.pc);
  }

  private async addEarly(pc: RTCPeerConnection): Promise<void> {
    const fits = ({ epoch, deviceId }: Signal) => epoch === this.epoch && deviceId === this.otherDevice;
    const due = this.early.filter(fits);
    this.early = this.early.filter((signal) => !fits(signal));
    for (const { candidate } of due)
      if (candidate) await pc.addIceCandidate(candidate).catch(() => undefined);
  }

  // ── the impolite side ────────────────────────────────────────────────────────────────────────────────────────

  private async build(): Promise<void> {
    if (this.building) return;
    this.building = true;
    try {
      const configuration = await this.deps.configuration();
      if (this.closed) return;
      this.epoch += 1;
      this.otherDevice = null;
      const pc = this.adopt(configuration);
      pc.addTransceiver(this.deps.track("audio") ?? "audio", { direction: "sendrecv" });
      if (this.deps.video) pc.addTransceiver(this.deps.track("video") ?? "video", { direction: "sendrecv" });
      await this.offer(pc);
    } finally {
      this.building = false;
    }
  }

  private async offer(pc: RTCPeerConnection, options?: RTCOfferOptions): Promise<void> {
    const description = await pc.createOffer(options);
    await pc.setLocalDescription(description);
    if (this.pc === pc) this.deps.path.send({ epoch: this.epoch, description });
  }

  private async heardAnswer(signal: Signal): Promise<void> {
    if (this.pc?.signalingState !== "have-local-offer" || !signal.description) return;
    this.otherDevice = signal.deviceId;
    await this.pc.setRemoteDescription(signal.description);
    await this.addEarly(this.pc);
    this.sayCamera();
  }

  private async heardHello(signal: Signal): Promise<void> {
    const pc = this.pc;
    if (!pc) return this.build();
    if (this.otherDevice === null && pc.localDescription) {
      // The offer left before the other page listened: say it again, with every candidate found since.
      this.deps.path.send({ epoch: this.epoch, description: describe(pc.localDescription) });
      return;
    }
    const samePage = this.otherDevice === signal.deviceId && signal.epoch === this.epoch;
    if (samePage && Date.now() - this.bornAt < SETTLING_MS) return;
    await this.build();
  }

  // ── the polite side ──────────────────────────────────────────────────────────────────────────────────────────

  private hello(): void {
    this.deps.path.send({ epoch: this.epoch, hello: true });
  }

  private async heardOffer(signal: Signal): Promise<void> {
    const samePage = signal.deviceId === this.otherDevice;
    if (!signal.description || (samePage && signal.epoch < this.epoch)) return;
    let pc = this.pc;
    if (!pc || !samePage || signal.epoch > this.epoch) {
      const configuration = await this.deps.configuration();
      if (this.closed) return;
      this.epoch = signal.epoch;
      this.otherDevice = signal.deviceId;
      pc = this.adopt(configuration);
    }
    if (pc.localDescription && originOf(signal.description) === originOf(pc.remoteDescription)) {
      // The same offer said twice (our hello crossed it): the same answer again, nothing is negotiated anew.
      this.deps.path.send({ epoch: this.epoch, description: describe(pc.localDescription) });
      return;
    }
    await pc.setRemoteDescription(signal.description);
    await this.addEarly(pc);
    for (const transceiver of pc.getTransceivers()) {
      transceiver.direction = "sendrecv";
      await transceiver.sender.replaceTrack(this.deps.track(transceiver.receiver.track.kind as Kind));
    }
    await pc.setLocalDescription(await pc.createAnswer());
    if (this.pc !== pc || !pc.localDescription) return;
    this.deps.path.send({ epoch: this.epoch, description: describe(pc.localDescription) });
    this.sayCamera();
  }

  // ── both sides ───────────────────────────────────────────────────────────────────────────────────────────────

  private adopt(configuration: RTCConfiguration): RTCPeerConnection {
    this.drop();
    const pc = (this.deps.createPeer ?? ((c) => new RTCPeerConnection(c)))(configuration);
    const epoch = this.epoch;
    this.pc = pc;
    this.bornAt = Date.now();
    pc.onicecandidate = ({ candidate }) => {
      if (this.pc === pc && candidate) this.deps.path.send({ epoch, candidate: candidate.toJSON() });
    };
    pc.ontrack = ({ track }) => {
      if (this.pc === pc) this.deps.onTrack(track);
    };
    pc.onconnectionstatechange = () => {
      if (this.pc === pc) this.stateChanged(pc);
    };
    this.deps.onPeer(pc);
    this.watch();
    return pc;
  }

  private drop(): void {
    const pc = this.pc;
    if (!pc) return;
    this.pc = null;
    pc.onicecandidate = pc.ontrack = pc.onconnectionstatechange = null;
    pc.close();
  }

  private stateChanged(pc: RTCPeerConnection): void {
    clearTimeout(this.restart);
    this.deps.onState(pc.connectionState);
    if (pc.connectionState === "connected") this.sayCamera();
    if (pc.connectionState === "failed") this.heal();
    if (pc.connectionState !== "disconnected") return;
    this.watch();
    this.restart = setTimeout(() => this.restartIce(pc), RESTART_AFTER_MS);
  }

  /** The cheap mend first: same epoch, new addresses. If it does not help, the watchdog rebuilds. */
  private restartIce(pc: RTCPeerConnection): void {
    if (this.deps.polite || !this.deps.path.up) return;
    void this.inTurn(async () => {
      if (this.pc !== pc || pc.connectionState === "connected") return;
      if (pc.signalingState !== "stable") return this.build();
      pc.setConfiguration(await this.deps.configuration());
      await this.offer(pc, { iceRestart: true });
    });
  }

  private get connected(): boolean {
    return this.pc?.connectionState === "connected";
  }

  private heal(): void {
    if (this.closed || this.connected || !this.deps.path.up) return;
    this.watch();
    if (this.deps.polite) {
      this.hello();
      return;
    }
    const young = Date.now() - this.bornAt < SETTLING_MS && this.pc?.connectionState !== "failed";
    if (!young) void this.inTurn(() => (this.connected ? Promise.resolve() : this.build()));
  }

  private watch(delay = WATCHDOG_MS): void {
    clearTimeout(this.watchdog);
    if (this.closed) return;
    this.watchdog = setTimeout(() => {
      if (this.connected) return;
      if (!this.deps.path.up) return this.watch(SOCKET_RETRY_MS);
      this.heal();
    }, delay);
  }
}

/** The line of a description that changes with every new offer, and with nothing else. */
const originOf = (description: { sdp?: string } | null) => description?.sdp?.match(/^o=.*$/m)?.[0] ?? null;

const describe = ({ type, sdp }: RTCSessionDescription): RTCSessionDescriptionInit => ({ type, sdp });
