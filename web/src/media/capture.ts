/**
 * This person's microphone and camera. Nothing is opened before it is asked for; a closed camera is really closed
 * (its light is off); a missing or denied device becomes a fact to explain, never an exception.
 */
import { chosenBefore, keepChosen } from "./chosen";
import { type Problem, problemOf } from "./problem";
import { pictureStandIn } from "./standin/picture";
import { silence, toneStandIn } from "./standin/sound";

export type Kind = "audio" | "video";

export type CaptureSnapshot = {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly cameraOpening: boolean;
  readonly standIn: Readonly<Record<Kind, boolean>>;
  readonly problem: Readonly<Record<Kind, Problem | null>>;
  /** For the self-view; a new object whenever its tracks change. */
  readonly view: MediaStream | null;
};

type Source = { readonly track: MediaStreamTrack; readonly standIn: boolean; release(): void };
type Options = { readonly standIns: boolean; readonly label: string; readonly devices?: MediaDevices };

const START: CaptureSnapshot = {
  microphone: false,
  camera: false,
  cameraOpening: false,
  standIn: { audio: false, video: false },
  problem: { audio: null, video: null },
  view: null,
};

export class Capture {
  private state = START;
  private sources: Partial<Record<Kind, Source>> = {};
  private chosen: Partial<Record<Kind, string>> = {};
  private readonly before = chosenBefore();
  private readonly listeners = new Set<() => void>();
  private readonly trackListeners = new Set<(kind: Kind, track: MediaStreamTrack | null) => void>();
  private queue: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: Options) {}

  snapshot = (): CaptureSnapshot => this.state;

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  /** Tells carriers which track to send now; null means nothing. */
  onTrack(tell: (kind: Kind, track: MediaStreamTrack | null) => void): () => void {
    this.trackListeners.add(tell);
    return () => this.trackListeners.delete(tell);
  }

  track(kind: Kind): MediaStreamTrack | null {
    return this.sources[kind]?.track ?? null;
  }

  /** Opens the microphone; without one a silent track keeps the call able to receive. */
  openMicrophone(): Promise<void> {
    return this.inTurn(async () => {
      if (!this.sources.audio) await this.open("audio");
    });
  }

  /** Muting keeps the device and sends silence, so that the other side can tell "muted" from "gone". */
  async setMicrophone(on: boolean): Promise<void> {
    if (on && this.state.problem.audio && !this.state.standIn.audio) {
      await this.inTurn(() => this.open("audio"));
    }
    const source = this.sources.audio;
    if (source) source.track.enabled = on;
    const able = !this.state.problem.audio || this.state.standIn.audio;
    this.update({ microphone: on && able && Boolean(source) });
  }

  setCamera(on: boolean): Promise<void> {
    return this.inTurn(async () => {
      if (on && !this.sources.video) await this.open("video");
      if (!on) this.shut("video");
    });
  }

  async devices(): Promise<readonly MediaDeviceInfo[]> {
    return (await this.media?.enumerateDevices().catch(() => [])) ?? [];
  }

  switchDevice(kind: Kind, deviceId: string): Promise<void> {
    this.chosen[kind] = deviceId;
    keepChosen(kind, deviceId);
    return this.inTurn(async () => {
      if (this.sources[kind]) await this.open(kind);
    });
  }

  close(): void {
    this.closed = true;
    this.shut("audio");
    this.shut("video");
    this.listeners.clear();
    this.trackListeners.clear();
  }

  private get media(): MediaDevices | undefined {
    return this.options.devices ?? navigator.mediaDevices;
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async open(kind: Kind): Promise<void> {
    if (kind === "video") this.update({ cameraOpening: true });
    const { source, problem } = await this.acquire(kind);
    if (this.closed) return source?.release();
    const before = this.sources[kind];
    // A muted person stays muted when the device changes.
    if (before && source) source.track.enabled = before.track.enabled;
    before?.release();
    if (source) this.sources[kind] = source;
    else delete this.sources[kind];
    source?.track.addEventListener("ended", () => this.lost(kind, source));
    const facts = {
      standIn: { ...this.state.standIn, [kind]: source?.standIn ?? false },
      problem: { ...this.state.problem, [kind]: problem },
    };
    const able = Boolean(source) && (problem === null || Boolean(source?.standIn));
    this.update(
      kind === "video"
        ? { ...facts, camera: able, cameraOpening: false }
        : { ...facts, microphone: able && source?.track.enabled !== false },
    );
    this.announce(kind);
  }

  private async acquire(kind: Kind): Promise<{ source: Source | null; problem: Problem | null }> {
    try {
      const stream = await this.request(kind);
      const track = stream.getTracks()[0];
      if (!track) throw new DOMException("no track", "NotFoundError");
      return { source: { track, standIn: false, release: () => track.stop() }, problem: null };
    } catch (fault) {
      const problem = problemOf(fault);
      if (this.options.standIns) {
        const made = kind === "video" ? pictureStandIn(this.options.label) : toneStandIn();
        if (made) return { source: { ...made, standIn: true }, problem };
      }
      const quiet = kind === "audio" ? silence() : null;
      return { source: quiet ? { ...quiet, standIn: false } : null, problem };
    }
  }

  private request(kind: Kind): Promise<MediaStream> {
    const media = this.media;
    if (!media?.getUserMedia) return Promise.reject(new DOMException("insecure page", "SecurityError"));
    const [chosen, before] = [this.chosen[kind], this.before[kind]];
    const wanted = chosen ? { deviceId: { exact: chosen } } : before ? { deviceId: { ideal: before } } : {};
    return kind === "audio"
      ? media.getUserMedia({
          audio: { ...wanted, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
        })
      : media.getUserMedia({
          video: { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
        });
  }

  /** A device that was pulled out: say so, and keep the call. */
  private lost(kind: Kind, source: Source): void {
    if (this.sources[kind] !== source) return;
    this.shut(kind);
    this.update({ problem: { ...this.state.problem, [kind]: "missing" } });
  }

  private shut(kind: Kind): void {
    this.sources[kind]?.release();
    delete this.sources[kind];
    this.update(kind === "video" ? { camera: false, cameraOpening: false } : { microphone: false });
    this.announce(kind);
  }

  private announce(kind: Kind): void {
    const video = this.sources.video?.track;
    this.update({ view: video ? new MediaStream([video]) : null });
    for (const tell of [...this.trackListeners]) tell(kind, this.track(kind));
  }

  private update(change: Partial<CaptureSnapshot>): void {
    this.state = { ...this.state, ...change };
    for (const tell of [...this.listeners]) tell();
  }
}
