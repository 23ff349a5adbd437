/**
 * Of all tabs that show a call, one rings: the first that may make a sound. It holds a lock of the browser for as long
 * as it does, and tells its siblings, so that none of them asks for a touch while another is heard.
 */
export type RingerDeps = {
  readonly locks?: Pick<LockManager, "request">;
  readonly channel?: (name: string) => Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;
};

type Said = { readonly sounding: boolean } | { readonly ask: true };

export class OneRinger {
  /** True while this tab is the one that rings. */
  mine = false;
  /** True while a sibling is known to ring. */
  others = false;
  private able = false;
  private leave: AbortController | null = null;
  private release: (() => void) | null = null;
  private readonly channel: ReturnType<NonNullable<RingerDeps["channel"]>> | null;
  private readonly locks: RingerDeps["locks"];

  constructor(
    private readonly name: string,
    private readonly changed: () => void,
    deps: RingerDeps = {},
  ) {
    this.locks = deps.locks ?? (typeof navigator === "undefined" ? undefined : navigator.locks);
    const open =
      deps.channel ??
      (typeof BroadcastChannel === "undefined" ? null : (called: string) => new BroadcastChannel(called));
    this.channel = open?.(name) ?? null;
    if (this.channel) this.channel.onmessage = ({ data }) => this.heard(data as Said);
    this.channel?.postMessage({ ask: true } satisfies Said);
  }

  /** Whether this tab may make a sound now. One that may not never holds the lock: another tab might. */
  can(able: boolean): void {
    if (able === this.able) return;
    this.able = able;
    if (able) this.want();
    else this.drop();
  }

  close(): void {
    this.able = false;
    this.drop();
    this.channel?.close();
  }

  private want(): void {
    if (!this.locks) {
      this.take();
      return;
    }
    const leave = new AbortController();
    this.leave = leave;
    this.locks
      .request(this.name, { signal: leave.signal }, () => {
        if (leave.signal.aborted) return undefined;
        this.take();
        return new Promise<void>((done) => {
          this.release = done;
        });
      })
      .catch(() => undefined);
  }

  private take(): void {
    this.mine = true;
    this.others = false;
    this.tell();
    this.changed();
  }

  private drop(): void {
    this.leave?.abort();
    this.release?.();
    this.leave = this.release = null;
    if (!this.mine) return;
    this.mine = false;
    this.tell();
    this.changed();
  }

  private tell(): void {
    this.channel?.postMessage({ sounding: this.mine } satisfies Said);
  }

  private heard(said: Said): void {
    if ("ask" in said) {
      if (this.mine) this.tell();
      return;
    }
    this.others = said.sounding && !this.mine;
    this.changed();
  }
}
