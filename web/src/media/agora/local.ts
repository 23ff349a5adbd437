/** Keeps what is published in step with what this person's microphone and camera give. */
import type { Kind } from "../capture";
import type { AgoraClient, AgoraSdk, LocalTrack } from "./sdk";

export class LocalTracks {
  private readonly wanted: Partial<Record<Kind, MediaStreamTrack>> = {};
  private readonly published: Partial<Record<Kind, { source: MediaStreamTrack; track: LocalTrack }>> = {};
  private client: AgoraClient | null = null;
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly sdk: AgoraSdk) {}

  /** From now on `track` is sent, or nothing of this kind. Before the channel is joined it is only remembered. */
  set(kind: Kind, track: MediaStreamTrack | null): Promise<void> {
    if (track) this.wanted[kind] = track;
    else delete this.wanted[kind];
    return this.inTurn(() => this.follow(kind));
  }

  /** The channel was joined: publish what there is. */
  entered(client: AgoraClient): Promise<void> {
    return this.inTurn(async () => {
      this.client = client;
      await this.follow("audio");
      await this.follow("video");
    });
  }

  /** Out of the channel, nothing is published any more. */
  left(): void {
    this.client = null;
    delete this.published.audio;
    delete this.published.video;
  }

  private async follow(kind: Kind): Promise<void> {
    const { client } = this;
    const source = this.wanted[kind];
    const now = this.published[kind];
    if (!client || now?.source === source) return;
    if (now) {
      delete this.published[kind];
      await client.unpublish(now.track);
    }
    if (!source || this.client !== client) return;
    const track =
      kind === "audio"
        ? this.sdk.createCustomAudioTrack({ mediaStreamTrack: source })
        : this.sdk.createCustomVideoTrack({ mediaStreamTrack: source });
    this.published[kind] = { source, track };
    await client.publish(track);
  }

  /** One change at a time. A failed one leaves its kind unpublished, and the next change tries again. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => {
      for (const kind of ["audio", "video"] as const)
        if (this.published[kind]?.source !== this.wanted[kind]) delete this.published[kind];
    });
    return turn;
  }
}
