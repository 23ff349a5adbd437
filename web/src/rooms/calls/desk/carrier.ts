/**
 * Carries the media of one live call in this page: joins, opens the media, tells the service when the other's media
 * arrives and when it stops, and says each second that it still does.
 */
import { Refused, UNREACHABLE } from "../../../lib/api/refusal";
import type { Call, MediaWord } from "../../../lib/api/types";
import { serverClock } from "../../../lib/clock";
import type { Realtime } from "../../../lib/realtime/port";
import type { Capture } from "../../../media/capture";
import { openMedia } from "../../../media/open";
import type { MediaSession, Quality } from "../../../media/port";
import type { CallsHttp } from "./http";

const ALIVE_EVERY_MS = 800;
const RETRY_MS = 1000;
const REPEAT_AFTER_MS = 2000;
const SILENT_MAX = 5;
/** A quality that passes sooner than this is not worth a line on the receipt. */
const QUALITY_LASTS_MS = 4000;

type CarrierDeps = {
  readonly call: Call;
  readonly deviceId: string;
  readonly capture: Capture;
  readonly realtime: Realtime;
  readonly http: Pick<CallsHttp, "join" | "media" | "quality">;
  readonly onSession: (session: MediaSession) => void;
  readonly onCall: (call: Call) => void;
  /** The service said no for good: the call is over or carried elsewhere. */
  readonly onRefused: (problem: unknown) => void;
  readonly open?: typeof openMedia;
};

export class Carrier {
  private session: MediaSession | null = null;
  private alive: ReturnType<typeof setInterval> | undefined;
  private wanted: "connected" | "lost" | null = null;
  private reported: "connected" | "lost" | null = null;
  private reportedAt = 0;
  private lostSince = 0;
  private reporting = false;
  private quality: { seen: Quality | null; said: Quality | null } = { seen: null, said: null };
  private settling: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private readonly offUp: () => void;

  constructor(private readonly deps: CarrierDeps) {
    this.offUp = deps.realtime.listen({ onUp: (up) => up && this.repeat() });
  }

  async begin(): Promise<void> {
    const { call, deviceId, http, realtime, capture } = this.deps;
    this.alive = setInterval(() => this.sayAlive(), ALIVE_EVERY_MS);
    const join = () => http.join(call.id, deviceId);
    const grant = await this.insist(join);
    if (!grant || this.closed) return;
    const session = await (this.deps.open ?? openMedia)({
      callId: call.id,
      realtime,
      grant,
      join,
      now: () => serverClock.now(),
      capture,
      video: call.callType === "video",
      deviceId,
    });
    if (this.closed) return session.close();
    this.session = session;
    session.onFlow((flow) => {
      this.wanted = flow;
      if (flow === "lost") this.lostSince = session.heardAt;
      void this.report();
    });
    session.subscribe(() => this.judged(session.snapshot().quality));
    this.deps.onSession(session);
    await session.start();
  }

  /** The service may have lost count of us (its restart, our silence): say again what is true. */
  noticed(call: Call): void {
    const waits = call.state === "connecting" || call.state === "reconnecting";
    if (waits && Date.now() - this.reportedAt > REPEAT_AFTER_MS) this.repeat();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.alive);
    clearTimeout(this.settling);
    this.offUp();
    this.session?.close();
  }

  /**
   * Nothing is billed past the last of these words. So they say when something last arrived, and none goes out before
   * the service knows of a loss.
   */
  private sayAlive(): void {
    const agreed = this.wanted === "connected" && this.reported === "connected" && !this.reporting;
    if (!agreed || !this.session) return;
    this.deps.realtime.alive(this.deps.call.id, secondsSince(this.session.heardAt));
  }

  private repeat(): void {
    this.reported = null;
    void this.report();
  }

  private async report(): Promise<void> {
    if (this.reporting) return;
    this.reporting = true;
    while (!this.closed && this.wanted && this.wanted !== this.reported) {
      const saying = this.wanted;
      const call = await this.insist(() => this.deps.http.media(this.deps.call.id, this.word(saying)));
      this.reported = saying;
      this.reportedAt = Date.now();
      if (call) this.deps.onCall(call);
    }
    this.reporting = false;
  }

  /** For the receipt's timeline. It decides nothing, so a word that gets lost is not said again. */
  private judged(quality: Quality | null): void {
    if (quality === this.quality.seen) return;
    this.quality.seen = quality;
    clearTimeout(this.settling);
    if (quality === null || quality === this.quality.said) return;
    const say = () => {
      this.quality.said = quality;
      void this.deps.http.quality(this.deps.call.id, quality).catch(() => undefined);
    };
    if (this.quality.said === null) say();
    else this.settling = setTimeout(say, QUALITY_LASTS_MS);
  }

  /** Noticing a loss takes a moment of silence; the service does not bill it (at most what it takes). */
  private word(state: "connected" | "lost"): MediaWord {
    return state === "lost"
      ? { state, silentSeconds: Math.min(SILENT_MAX, secondsSince(this.lostSince)) }
      : { state, heartbeat: this.deps.realtime.up };
  }

  /** Repeats until the service answers; a plain no is final. */
  private async insist<T>(work: () => Promise<T>): Promise<T | null> {
    while (!this.closed) {
      try {
        return await work();
      } catch (problem) {
        const passing =
          problem instanceof Refused &&
          (problem.code === UNREACHABLE || problem.status >= 500 || problem.status === 429);
        if (!passing) {
          this.deps.onRefused(problem);
          return null;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    return null;
  }
}

const secondsSince = (at: number): number => Math.max(0, performance.now() - at) / 1000;
