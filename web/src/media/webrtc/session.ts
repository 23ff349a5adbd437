/** The WebRTC adapter: browser to browser, signalled through the service's socket. */
import type { MediaDeps, MediaSession, MediaSnapshot } from "../port";
import { Link, type LinkDeps } from "./link";
import type { SignalPath } from "./path";
import { FlowWatch, PictureWatch, qualityBetween, type Reading, readingOf } from "./watch";

const READ_EVERY_MS = 500;
/** Until the first bytes: nobody should wait for a clock that could already run. */
const READ_AT_FIRST_MS = 150;
const QUALITY_EVERY_MS = 2000;

type WebrtcDeps = MediaDeps & {
  readonly path: SignalPath;
  readonly polite: boolean;
  readonly epoch: number;
  readonly configuration: LinkDeps["configuration"];
  readonly createPeer?: NonNullable<LinkDeps["createPeer"]>;
};

declare global {
  interface Window {
    /** For diagnosis in the browser's console: `await __stagedoor.pc.getStats()` while a call runs. */
    __stagedoor?: { pc: RTCPeerConnection | null };
  }
}

export class WebrtcSession implements MediaSession {
  private state: MediaSnapshot;
  private readonly listeners = new Set<() => void>();
  private readonly flowListeners = new Set<(flow: "connected" | "lost") => void>();
  private readonly watch = new FlowWatch();
  private readonly picture = new PictureWatch();
  private readonly link: Link;
  private readonly offTrack: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private before: Reading | null = null;

  constructor(private readonly deps: WebrtcDeps) {
    this.state = {
      flow: "waiting",
      remote: new MediaStream(),
      remoteCamera: false,
      pictureStalled: false,
      quality: null,
    };
    this.link = new Link({
      polite: deps.polite,
      epoch: deps.epoch,
      video: deps.video,
      path: deps.path,
      configuration: deps.configuration,
      track: (kind) => deps.capture.track(kind),
      onPeer: (pc) => this.adopted(pc),
      onTrack: (track) => this.update({ remote: joined(this.state.remote, track) }),
      onCamera: (remoteCamera) => this.update({ remoteCamera }),
      onState: (state) => state === "failed" && this.flowed(this.watch.failed()),
      ...(deps.createPeer ? { createPeer: deps.createPeer } : {}),
    });
    this.offTrack = deps.capture.onTrack((kind, track) => this.link.replaceTrack(kind, track));
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

  async start(): Promise<void> {
    void this.readOn();
    await this.link.start();
  }

  setMicrophone = (on: boolean) => this.deps.capture.setMicrophone(on);
  setCamera = (on: boolean) => this.deps.capture.setCamera(on);
  devices = () => this.deps.capture.devices();
  switchDevice = (kind: "audioinput" | "videoinput", deviceId: string) =>
    this.deps.capture.switchDevice(kind === "audioinput" ? "audio" : "video", deviceId);

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.offTrack();
    this.link.close();
    this.listeners.clear();
    this.flowListeners.clear();
    if (window.__stagedoor) window.__stagedoor = { pc: null };
  }

  private adopted(pc: RTCPeerConnection): void {
    window.__stagedoor = { pc };
    this.watch.rebuilt();
    this.before = null;
  }

  private async readOn(): Promise<void> {
    await this.read().catch(() => undefined);
    if (this.closed) return;
    const every = this.watch.flow === "waiting" ? READ_AT_FIRST_MS : READ_EVERY_MS;
    this.timer = setTimeout(() => void this.readOn(), every);
  }

  private async read(): Promise<void> {
    const pc = this.link.pc;
    const at = performance.now();
    if (!pc) return this.flowed(this.watch.silentSince(at));
    const reading = readingOf(await pc.getStats(), at);
    if (this.link.pc !== pc) return;
    this.flowed(this.watch.take(reading));
    const due = this.state.remoteCamera && this.watch.flow === "connected";
    const pictureStalled = this.picture.stalled(reading, due);
    if (pictureStalled !== this.state.pictureStalled) this.update({ pictureStalled });
    this.before ??= reading;
    if (reading.at - this.before.at < QUALITY_EVERY_MS) return;
    const quality = this.watch.flow === "connected" ? qualityBetween(this.before, reading) : null;
    this.before = reading;
    if (quality !== this.state.quality) this.update({ quality });
  }

  private flowed(flow: "connected" | "lost" | null): void {
    if (!flow) return;
    this.update({ flow, ...(flow === "lost" ? { quality: null } : {}) });
    for (const tell of [...this.flowListeners]) tell(flow);
  }

  private update(change: Partial<MediaSnapshot>): void {
    this.state = { ...this.state, ...change };
    for (const tell of [...this.listeners]) tell();
  }
}

/** A new stream object each time, so that the view notices; a newer track replaces one of its kind. */
function joined(stream: MediaStream, track: MediaStreamTrack): MediaStream {
  return new MediaStream([...stream.getTracks().filter((old) => old.kind !== track.kind), track]);
}
