/**
 * Says from the statistics of a peer connection whether the other's media really arrives, and how well. A connection
 * may call itself connected while nothing flows, so bytes are the evidence: none for 2 s means lost.
 */
import type { Quality } from "../port";

export const STALL_MS = 2000;
export const PICTURE_STALL_MS = 3000;

export type Reading = {
  readonly at: number;
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
  readonly roundTripMs: number | null;
  /** Whole pictures that arrived. */
  readonly frames: number;
};

type Stat = Record<string, unknown> & { type: string; id: string };
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

export function readingOf(report: Iterable<[string, unknown]>, at: number): Reading {
  const stats = [...report].map(([, stat]) => stat as Stat);
  const inbound = stats.filter((stat) => stat.type === "inbound-rtp");
  const sum = (field: string) => inbound.reduce((total, stat) => total + number(stat[field]), 0);
  const transport = stats.find((stat) => stat.type === "transport" && stat.selectedCandidatePairId);
  const pair = stats.find((stat) =>
    transport
      ? stat.id === transport.selectedCandidatePairId
      : stat.type === "candidate-pair" && stat.nominated,
  );
  const trip = pair?.currentRoundTripTime;
  return {
    at,
    bytes: sum("bytesReceived"),
    packets: sum("packetsReceived"),
    lost: sum("packetsLost"),
    roundTripMs: typeof trip === "number" ? trip * 1000 : null,
    frames: sum("framesReceived"),
  };
}

export class FlowWatch {
  flow: "waiting" | "connected" | "lost" = "waiting";
  private bytes = 0;
  /** When (performance.now) bytes last arrived. */
  risenAt: number | null = null;

  /** A new peer connection counts from nothing; what was flowing may go on flowing without a gap. */
  rebuilt(): void {
    this.bytes = 0;
  }

  /** Returns the flow when it changed. */
  take(reading: Pick<Reading, "at" | "bytes">): "connected" | "lost" | null {
    const rises = reading.bytes > this.bytes;
    this.bytes = reading.bytes;
    if (rises) this.risenAt = reading.at;
    if (rises && this.flow !== "connected") {
      this.flow = "connected";
      return "connected";
    }
    return this.silentSince(reading.at);
  }

  /** For moments without a reading: the connection failed, or there is none. */
  silentSince(at: number): "lost" | null {
    if (this.flow !== "connected" || this.risenAt === null || at - this.risenAt < STALL_MS) return null;
    this.flow = "lost";
    return "lost";
  }

  failed(): "lost" | null {
    if (this.flow !== "connected") return null;
    this.flow = "lost";
    return "lost";
  }
}

/** A picture may stand still while the voice goes on: a frozen face is worse than none. */
export class PictureWatch {
  private frames = 0;
  private risenAt: number | null = null;

  /** `on`: the other side says that its camera is. True while a picture is due and none has come for a while. */
  stalled({ frames, at }: Pick<Reading, "frames" | "at">, on: boolean): boolean {
    const moves = frames !== this.frames || !on || this.risenAt === null;
    this.frames = frames;
    if (moves) this.risenAt = at;
    return this.risenAt !== null && at - this.risenAt >= PICTURE_STALL_MS;
  }
}

export function qualityBetween(before: Reading, now: Reading): Quality {
  const received = Math.max(0, now.packets - before.packets);
  const lost = Math.max(0, now.lost - before.lost);
  const share = received + lost > 0 ? lost / (received + lost) : 0;
  const trip = now.roundTripMs ?? 0;
  if (share < 0.03 && trip < 250) return 3;
  return share < 0.08 && trip < 500 ? 2 : 1;
}
