/** A peer connection without a network: keeps the rules of the signalling state, and remembers what was done. */
type Transceiver = { kind: string; direction: string; sent: unknown };

export class FakePeer {
  signalingState = "stable";
  connectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  onicecandidate: ((event: { candidate: { toJSON(): unknown } | null }) => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly transceivers: Transceiver[] = [];
  readonly candidates: unknown[] = [];
  readonly log: string[] = [];
  closed = false;
  private offers = 0;

  constructor(readonly configuration: RTCConfiguration) {}

  addTransceiver(track: { kind: string } | string, init: { direction: string }) {
    const kind = typeof track === "string" ? track : track.kind;
    this.transceivers.push({
      kind,
      direction: init.direction,
      sent: typeof track === "string" ? null : track,
    });
  }

  getTransceivers() {
    return this.transceivers.map((own) => ({
      receiver: { track: { kind: own.kind } },
      sender: {
        replaceTrack: async (track: unknown) => {
          own.sent = track;
          this.log.push(`track:${own.kind}`);
        },
      },
      set direction(value: string) {
        own.direction = value;
      },
    }));
  }

  setConfiguration() {}

  async createOffer(options?: { iceRestart?: boolean }) {
    this.offers += 1;
    if (options?.iceRestart) this.log.push("restart");
    return {
      type: "offer",
      sdp: `v=0\no=offer-${this.offers}\nm:${this.transceivers.map((t) => t.kind).join(",")}`,
    };
  }

  async createAnswer() {
    return { type: "answer", sdp: `answer to ${this.remoteDescription?.sdp}` };
  }

  async setLocalDescription(description: { type: string; sdp: string }) {
    if (description.type === "answer" && this.signalingState !== "have-remote-offer")
      throw new Error("no offer");
    this.localDescription = description;
    this.signalingState = description.type === "offer" ? "have-local-offer" : "stable";
    this.onicecandidate?.({ candidate: { toJSON: () => ({ candidate: `of ${description.sdp}` }) } });
  }

  async setRemoteDescription(description: { type: string; sdp: string }) {
    const wanted = description.type === "offer" ? "stable" : "have-local-offer";
    if (this.signalingState !== wanted)
      throw new Error(`glare: ${description.type} in ${this.signalingState}`);
    this.remoteDescription = description;
    this.log.push(`remote:${description.type}`);
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
    if (description.type === "offer" && this.transceivers.length === 0)
      for (const kind of description.sdp.split(":")[1]?.split(",") ?? [])
        this.transceivers.push({ kind, direction: "recvonly", sent: null });
  }

  async addIceCandidate(candidate: unknown) {
    if (!this.remoteDescription) throw new Error("candidate before description");
    this.candidates.push(candidate);
  }

  becomes(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close() {
    this.closed = true;
    this.connectionState = "closed";
  }
}
