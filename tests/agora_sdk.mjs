/**
 * A stand-in for the parts of Agora's SDK that the UI uses, served to the browser in place of the chunk that holds it.
 * Members of a channel meet in the room of the stand-in cloud, which asks for a valid token; media flow directly.
 */
const ROOM = "__ROOM__";

class Client {
  constructor() {
    this.hears = new Map();
    this.peers = new Map();
    this.sent = new Map();
    this.bytes = { audio: {}, video: {} };
  }

  on(name, hear) {
    this.hears.set(name, hear);
  }

  removeAllListeners() {
    this.hears.clear();
  }

  emit(name, ...said) {
    this.hears.get(name)?.(...said);
  }

  join(appId, channel, token, uid) {
    const socket = new WebSocket(ROOM);
    this.socket = socket;
    return new Promise((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify({ appId, channel, token, uid }));
      socket.onerror = () => reject({ code: "NETWORK_ERROR" });
      socket.onmessage = async ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "refused") reject({ code: message.code });
        else if (message.type === "joined") {
          this.timer = setInterval(() => this.count(), 200);
          resolve(uid);
        } else await this.heard(message);
      };
    });
  }

  async leave() {
    clearInterval(this.timer);
    for (const { pc } of this.peers.values()) pc.close();
    this.peers.clear();
    this.socket?.close();
  }

  async heard({ type, uid, said }) {
    if (type === "user-joined") await this.offer(uid);
    if (type === "user-left") this.gone(uid);
    if (type === "banned") this.emit("connection-state-change", "DISCONNECTED", "CONNECTED", "CHANNEL_BANNED");
    if (type !== "said") return;
    const peer = this.peers.get(uid) ?? this.meet(uid);
    if (said.published) this.emit("user-published", { uid }, said.published);
    if (said.unpublished) this.emit("user-unpublished", { uid }, said.unpublished);
    if (said.candidate) await peer.pc.addIceCandidate(said.candidate).catch(() => {});
    if (said.description?.type === "offer") await this.answer(peer, said.description);
    if (said.description?.type === "answer") await peer.pc.setRemoteDescription(said.description);
  }

  say(said) {
    this.socket.send(JSON.stringify(said));
  }

  meet(uid) {
    const pc = new RTCPeerConnection();
    window.__stagedoor = { pc };
    const peer = { pc, lines: null };
    peer.ready = new Promise((resolve) => (peer.open = resolve));
    this.peers.set(uid, peer);
    pc.onicecandidate = ({ candidate }) => candidate && this.say({ candidate });
    return peer;
  }

  async offer(uid) {
    const peer = this.meet(uid);
    for (const kind of ["audio", "video"]) peer.pc.addTransceiver(kind, { direction: "sendrecv" });
    await this.lined(peer);
    await peer.pc.setLocalDescription();
    this.say({ description: peer.pc.localDescription });
  }

  async answer(peer, description) {
    await peer.pc.setRemoteDescription(description);
    for (const line of peer.pc.getTransceivers()) line.direction = "sendrecv";
    await this.lined(peer);
    await peer.pc.setLocalDescription();
    this.say({ description: peer.pc.localDescription });
  }

  async lined(peer) {
    const [audio, video] = peer.pc.getTransceivers();
    peer.lines = { audio, video };
    peer.open();
    for (const [kind, track] of this.sent) {
      await peer.lines[kind].sender.replaceTrack(track);
      this.say({ published: kind });
    }
  }

  gone(uid) {
    this.peers.get(uid)?.pc.close();
    this.peers.delete(uid);
    this.emit("user-left", { uid });
  }

  async publish({ kind, mediaStreamTrack }) {
    this.sent.set(kind, mediaStreamTrack);
    for (const { lines } of this.peers.values()) await lines?.[kind].sender.replaceTrack(mediaStreamTrack);
    this.say({ published: kind });
  }

  async unpublish({ kind }) {
    this.sent.delete(kind);
    for (const { lines } of this.peers.values()) await lines?.[kind].sender.replaceTrack(null);
    this.say({ unpublished: kind });
  }

  async subscribe({ uid }, kind) {
    const peer = this.peers.get(uid);
    await peer.ready;
    return { getMediaStreamTrack: () => peer.lines[kind].receiver.track };
  }

  async count() {
    for (const [uid, { pc }] of this.peers)
      for (const stat of (await pc.getStats()).values())
        if (stat.type === "inbound-rtp") this.bytes[stat.kind][uid] = { receiveBytes: stat.bytesReceived };
  }

  getRemoteAudioStats() {
    return this.bytes.audio;
  }

  getRemoteVideoStats() {
    return this.bytes.video;
  }

  async renewToken(token) {
    window.__renewed = token;
  }
}

export const createClient = () => new Client();
export const createCustomAudioTrack = (config) => ({ kind: "audio", ...config });
export const createCustomVideoTrack = (config) => ({ kind: "video", ...config });
export const setLogLevel = () => {};
