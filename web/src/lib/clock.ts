/** The server's clock as seen from here: what rings, runs and costs is measured by it, never by this machine's time. */
type Sample = { offset: number; uncertainty: number; at: number };

const SAMPLE_LASTS_MS = 120_000;

export class ServerClock {
  private best: Sample | null = null;

  constructor(private readonly localNow: () => number = Date.now) {}

  /** Learns from an answer that carried `serverTime`, sent and received at these local times (ms). */
  learn(serverTime: string, sentAt: number, receivedAt: number): void {
    const server = Date.parse(serverTime);
    if (Number.isNaN(server)) return;
    const sample: Sample = {
      offset: server - (sentAt + receivedAt) / 2,
      uncertainty: Math.max(0, receivedAt - sentAt) / 2,
      at: receivedAt,
    };
    const old = this.best;
    if (!old || sample.uncertainty <= old.uncertainty || receivedAt - old.at > SAMPLE_LASTS_MS)
      this.best = sample;
  }

  /** Milliseconds since 1970 on the server. */
  now(): number {
    return this.localNow() + (this.best?.offset ?? 0);
  }

  secondsUntil(iso: string): number {
    return (Date.parse(iso) - this.now()) / 1000;
  }
}

export const serverClock = new ServerClock();
