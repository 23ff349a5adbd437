/**
 * The service's socket beside Ably, for what only a running call says. It opens when a call needs it and closes when
 * none does. What is said while it opens for the first time is sent as soon as it is open: it is not stale yet.
 */
import type { Realtime, Signal } from "./port";

const IDLE_MS = 5000;
const PENDING_MAX = 100;

type SideListener = { onSignal(signal: Signal): void; onUp(up: boolean): void };
type Open = (token: string) => Promise<Realtime>;

const openSocket: Open = async (token) => (await import("./socketio")).socketIoRealtime(token);

export class SideSocket {
  private socket: Realtime | null = null;
  private opening = false;
  private needs = 0;
  private everUp = false;
  private pending: Signal[] = [];
  private idle: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly token: string,
    private readonly listener: SideListener,
    private readonly open: Open = openSocket,
  ) {}

  /** True unless a call needs the socket and it is down. */
  get upOrUnneeded(): boolean {
    return this.socket?.up ?? !this.opening;
  }

  /** Somebody listens for signals: keep it open until the returned function is called. */
  need(): () => void {
    this.needs += 1;
    this.wake();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.needs -= 1;
      this.wake();
    };
  }

  signal(signal: Signal): void {
    this.wake();
    if (this.socket?.up) this.socket.signal(signal);
    else if (!this.everUp && this.pending.length < PENDING_MAX) this.pending.push(signal);
  }

  alive(callId: string, silentSeconds: number): void {
    this.wake();
    this.socket?.alive(callId, silentSeconds);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.idle);
    this.socket?.close();
    this.socket = null;
  }

  /** Open it if it is not, and look again later whether it is still needed. */
  private wake(): void {
    if (this.closed) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.rest(), IDLE_MS);
    if (this.socket || this.opening) return;
    this.opening = true;
    void this.open(this.token).then((socket) => {
      this.opening = false;
      if (this.closed) return socket.close();
      this.socket = socket;
      socket.listen({
        onSignal: (signal) => this.listener.onSignal(signal),
        onUp: (up) => this.turned(up),
      });
      if (socket.up) this.turned(true);
    });
  }

  private turned(up: boolean): void {
    if (up) {
      this.everUp = true;
      for (const signal of this.pending.splice(0)) this.socket?.signal(signal);
    }
    this.listener.onUp(up);
  }

  private rest(): void {
    if (this.needs > 0) return;
    this.socket?.close();
    this.socket = null;
    this.everUp = false;
    this.pending = [];
  }
}
