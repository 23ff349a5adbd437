/**
 * What tabs of one browser tell each other of a call, sooner than the service can: that one of them answered it. It is
 * only a reason to look; what is true, the service says.
 */
export class Siblings {
  private readonly channel: BroadcastChannel | null;

  constructor(userId: string, look: (callId: string) => void) {
    this.channel =
      typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`stagedoor.calls.${userId}`);
    if (this.channel)
      this.channel.onmessage = ({ data }) => {
        if (typeof data === "string") look(data);
      };
  }

  changed(callId: string): void {
    this.channel?.postMessage(callId);
  }

  close(): void {
    this.channel?.close();
  }
}
