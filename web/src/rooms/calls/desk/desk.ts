/**
 * The desk where this page's calls are answered: it knows what rings and runs, carries out what the person asks,
 * and opens and closes the media. Everything it shows is in one `DeskView`.
 */
import { codeOf, Refused } from "../../../lib/api/refusal";
import type { Call, CallBackMinutes, CallType } from "../../../lib/api/types";
import { serverClock } from "../../../lib/clock";
import type { CallEventName, CallHint, Realtime } from "../../../lib/realtime/port";
import { Capture } from "../../../media/capture";
import type { MediaSession } from "../../../media/port";
import { Carrier } from "./carrier";
import type { CallsHttp } from "./http";
import { type Action, absentFrom, isNews, reduce } from "./reducer";
import { Siblings } from "./siblings";
import { isLive, isOver, isRinging } from "./states";
import { CarryLock, deviceId, remember, remembered } from "./tab";
import { type DeskView, EMPTY, type Verb } from "./view";

const TICK_MS = 1000;
const REFRESH_LIVE_MS = 15_000;
const REFRESH_BLIND_MS = 4000;
const LATE_MS = 1200;

type DeskDeps = {
  readonly userId: string;
  readonly displayName: string;
  readonly standIns: boolean;
  readonly realtime: Realtime;
  readonly http: CallsHttp;
  /** Something that other screens show has changed: history, wallet, fans. */
  readonly onSettled: () => void;
  readonly makeCarrier?: (
    deps: ConstructorParameters<typeof Carrier>[0],
  ) => Pick<Carrier, "begin" | "noticed" | "close">;
};

export class CallDesk {
  private state: DeskView = EMPTY;
  private carrier: { callId: string; carrier: Pick<Carrier, "begin" | "noticed" | "close"> } | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly lock = new CarryLock(() => this.letGo());
  private readonly offRealtime: () => void;
  private readonly siblings: Siblings;
  private readonly ticker: ReturnType<typeof setInterval>;
  private readAt = 0;
  private closed = false;

  constructor(private readonly deps: DeskDeps) {
    this.offRealtime = deps.realtime.listen({
      onCallEvent: (name, hint) => this.hinted(name, hint),
      onUp: (up) => {
        this.set({ up });
        if (up) void this.refresh();
      },
    });
    this.siblings = new Siblings(
      deps.userId,
      (callId) => this.state.calls[callId] && void this.reread(callId),
    );
    this.set({ up: deps.realtime.up });
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    void this.resume();
  }

  view = (): DeskView => this.state;

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  // ── what a person can ask, in the order a call goes ──────────────────────────────────────────────────────────

  /** Pressing "Video" is what turns the camera on; a voice call has none. */
  ring(fanId: string, callType: CallType): Promise<boolean> {
    return this.asked("ring", async () => {
      const capture = this.openCapture(callType === "video");
      try {
        const call = await this.deps.http.initiate(fanId, callType);
        await this.carry(call.id, callType === "video");
        this.learn({ kind: "fact", call });
      } catch (problem) {
        this.dropCapture(capture);
        throw problem;
      }
    });
  }

  accept(call: Call, camera: boolean, maxTokens: number | null): Promise<boolean> {
    return this.asked("accept", async () => {
      const capture = this.openCapture(camera && call.callType === "video");
      try {
        const accepted = await this.deps.http.accept(call.id, deviceId, maxTokens);
        this.siblings.changed(call.id);
        await this.carry(call.id, camera);
        this.learn({ kind: "fact", call: accepted });
      } catch (problem) {
        this.dropCapture(capture);
        if (codeOf(problem) !== "INSUFFICIENT_TOKENS") void this.reread(call.id);
        throw problem;
      }
    });
  }

  /** `callBackMinutes`: not now, but then; the creator is told when. */
  decline = async (call: Call, callBackMinutes: CallBackMinutes | null = null) => {
    const done = await this.told("decline", () => this.deps.http.decline(call.id, callBackMinutes));
    if (!done) return false;
    this.siblings.changed(call.id);
    const over = this.state.calls[call.id];
    if (over?.callBackAt) this.set({ notice: { call: over, kind: "later" } });
    return true;
  };
  /** Who hangs up before an answer needs no screen that says so. */
  cancel = async (call: Call) => {
    if (await this.told("cancel", () => this.deps.http.cancel(call.id))) this.dismiss();
  };
  end = (call: Call) => this.told("end", () => this.deps.http.end(call.id));

  /** Brings a call that another tab or device carries to this page. */
  takeOver(call: Call): Promise<boolean> {
    return this.asked("takeover", async () => {
      this.openCapture(false);
      await this.carry(call.id, false);
      this.follow();
    });
  }

  dismiss = () => this.set({ closing: null, notice: null, problem: null });

  close(): void {
    this.closed = true;
    clearInterval(this.ticker);
    this.offRealtime();
    this.siblings.close();
    this.stopCarrying();
    this.listeners.clear();
  }

  // ── what the service says ────────────────────────────────────────────────────────────────────────────────────

  async refresh(): Promise<void> {
    this.readAt = Date.now();
    try {
      const calls = await this.deps.http.current();
      this.learn({ kind: "snapshot", calls });
      for (const id of absentFrom(this.state.calls, calls)) void this.reread(id);
    } catch {
      // The next connect or tick reads again.
    }
  }

  private async reread(callId: string): Promise<void> {
    try {
      this.learn({ kind: "fact", call: await this.deps.http.get(callId) });
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 404) this.forget(callId);
    }
  }

  private hinted(name: CallEventName, hint: CallHint): void {
    if (name === "call:taken_over") {
      const mine = hint.role === this.state.calls[hint.callId]?.role;
      if (mine && hint.callId === this.state.carrying && hint.deviceId !== deviceId) this.letGo();
      return;
    }
    if (name === "call:funds_low" && hint.callId === this.state.carrying) this.set({ fundsLow: true });
    const news = isNews(this.state.calls, hint);
    this.learn({ kind: "hint", name, hint });
    if (news || name === "call:funds_low") void this.reread(hint.callId);
  }

  private learn(action: Action): void {
    if (this.closed) return;
    const before = this.state.calls;
    const calls = reduce(before, action);
    if (calls === before) return;
    this.set({ calls });
    for (const call of Object.values(calls)) {
      const old = before[call.id];
      if (old !== call && isOver(call)) this.ended(old, call);
      else if (
        old !== call &&
        old &&
        isRinging(old) &&
        call.role === "fan" &&
        call.id !== this.state.carrying
      )
        this.answeredAway(call);
    }
    this.follow();
  }

  private ended(old: Call | undefined, call: Call): void {
    const fresh = old !== undefined && !isOver(old);
    if (call.id === this.state.carrying) {
      this.stopCarrying();
      this.set({ closing: call, fundsLow: false });
    } else if (this.state.closing?.id === call.id) {
      this.set({ closing: call });
    } else if (
      fresh &&
      isRinging(old) &&
      call.role === "fan" &&
      (call.state === "missed" || call.state === "cancelled")
    ) {
      this.set({ notice: { call, kind: call.state } });
    }
    if (fresh) this.deps.onSettled();
  }

  private answeredAway(call: Call): void {
    if (this.state.busy !== "accept") this.set({ notice: { call, kind: "elsewhere" } });
  }

  private forget(callId: string): void {
    const { [callId]: _gone, ...calls } = this.state.calls;
    this.set({ calls });
    if (this.state.carrying === callId) this.stopCarrying();
  }

  private tick(): void {
    const open = Object.values(this.state.calls).filter((call) => !isOver(call));
    if (open.length === 0 && this.state.up) return;
    const late = open.some((c) => isRinging(c) && serverClock.now() - Date.parse(c.expiresAt) > LATE_MS);
    const patience = this.state.up && !late ? REFRESH_LIVE_MS : REFRESH_BLIND_MS;
    if (Date.now() - this.readAt > patience) void this.refresh();
  }

  // ── carrying ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** After a reload the page goes on with the call it carried, unless another tab holds it by now. */
  private async resume(): Promise<void> {
    const kept = remembered();
    await this.refresh();
    const call = kept && this.state.calls[kept.callId];
    if (!kept || !call || isOver(call)) return remember(null);
    if (!(await this.lock.take(this.lockName(kept.callId), false))) return remember(null);
    this.openCapture(kept.camera);
    this.set({ carrying: kept.callId });
    this.follow();
  }

  private async carry(callId: string, camera: boolean): Promise<void> {
    remember({ callId, camera });
    this.set({ carrying: callId, closing: null, notice: null, fundsLow: false });
    await this.lock.take(this.lockName(callId), true);
  }

  private lockName = (callId: string) => `stagedoor.carry.${this.deps.userId}.${callId}`;

  /** Starts the media when the carried call is live. Nothing is gathered while it rings. */
  private follow(): void {
    const { carrying, capture } = this.state;
    const call = carrying ? this.state.calls[carrying] : undefined;
    if (!call || !isLive(call) || !capture) return;
    if (this.carrier?.callId === call.id) {
      this.carrier.carrier.noticed(call);
      return;
    }
    this.carrier?.carrier.close();
    const carrier = (this.deps.makeCarrier ?? ((deps) => new Carrier(deps)))({
      call,
      deviceId,
      capture,
      realtime: this.deps.realtime,
      http: this.deps.http,
      onSession: (session: MediaSession) => this.set({ session }),
      onCall: (fresh) => this.learn({ kind: "fact", call: fresh }),
      onRefused: () => void this.reread(call.id),
    });
    this.carrier = { callId: call.id, carrier };
    void carrier.begin().catch((cause: unknown) => this.set({ problem: { verb: "media", cause } }));
  }

  private openCapture(camera: boolean): Capture {
    this.state.capture?.close();
    const capture = new Capture({ standIns: this.deps.standIns, label: this.deps.displayName });
    this.set({ capture });
    void capture.openMicrophone();
    if (camera) void capture.setCamera(true);
    return capture;
  }

  private dropCapture(capture: Capture): void {
    capture.close();
    if (this.state.capture === capture) this.set({ capture: null });
  }

  /** Another tab or device carries the call now: stop quietly, the call itself goes on. */
  private letGo(): void {
    this.stopCarrying();
    void this.refresh();
  }

  private stopCarrying(): void {
    this.carrier?.carrier.close();
    this.carrier = null;
    this.state.capture?.close();
    this.lock.drop();
    if (!this.closed) remember(null);
    this.set({ carrying: null, capture: null, session: null });
  }

  // ── plumbing ─────────────────────────────────────────────────────────────────────────────────────────────────

  private told(verb: "decline" | "cancel" | "end", work: () => Promise<Call>): Promise<boolean> {
    return this.asked(verb, async () => this.learn({ kind: "fact", call: await work() }));
  }

  private async asked(busy: Verb, work: () => Promise<void>): Promise<boolean> {
    if (this.state.busy) return false;
    this.set({ busy, problem: null });
    try {
      await work();
      return true;
    } catch (cause) {
      this.set({ problem: { verb: busy, cause } });
      return false;
    } finally {
      this.set({ busy: null });
    }
  }

  private set(change: Partial<DeskView>): void {
    this.state = { ...this.state, ...change };
    for (const tell of [...this.listeners]) tell();
  }
}
