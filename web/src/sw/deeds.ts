/**
 * What the worker does while no page is open: shows a ring and takes it away again, declines without opening a page,
 * brings the person to the ring, and keeps the subscription alive.
 */
import { forget, recall, remember, type Shelf } from "../lib/push/shelf";
import { missedNotice, type OverPush, type RingPush, ringNotice } from "./notices";
import type { NoticeData, Shown, WorkerScope } from "./scope";

const OVER_KEPT = 20;
/** A clock that is wrong by less than this still rings; the push service itself drops what is late. */
const LATE_MS = 60_000;
/** Answers after which the page could do no better: the call is over, or declined already. */
const settled = (status: number) => status < 500 && status !== 429;

async function choices(scope: WorkerScope): Promise<Shelf["choices"]> {
  return (await recall("choices")) ?? { discreet: false, language: scope.navigator.language };
}

export async function arrived(scope: WorkerScope, push: RingPush | OverPush): Promise<void> {
  if (push.type === "call:incoming") await rings(scope, push);
  else if (push.type === "call:over") await isOver(scope, push);
}

async function rings(scope: WorkerScope, ring: RingPush): Promise<void> {
  if ((await recall("over"))?.includes(ring.callId)) return;
  const { discreet, language } = await choices(scope);
  if (Date.now() - Date.parse(ring.expiresAt) > LATE_MS) {
    await show(scope, missedNotice(ring.callId, discreet ? "" : ring.creatorName, language));
    return;
  }
  // The page that somebody looks at rings by itself.
  if ((await pages(scope)).some((page) => page.focused)) return;
  await show(scope, ringNotice(ring, { discreet, language }));
}

async function isOver(scope: WorkerScope, { callId, outcome }: OverPush): Promise<void> {
  const before = (await recall("over")) ?? [];
  await remember("over", [...before.filter((id) => id !== callId), callId].slice(-OVER_KEPT));
  if ((await recall("intent"))?.callId === callId) await forget("intent");
  const shown = await scope.registration.getNotifications({ tag: callId });
  for (const notice of shown) notice.close();
  const first = shown[0]?.data;
  if (outcome !== "missed" || !first) return;
  await show(scope, missedNotice(callId, first.name, (await choices(scope)).language));
}

const show = (scope: WorkerScope, { title, options }: ReturnType<typeof ringNotice>) =>
  scope.registration.showNotification(title, options);

export async function pressed(scope: WorkerScope, action: string, notice: Shown): Promise<void> {
  notice.close();
  const { data } = notice;
  if (!data) return;
  if (data.kind === "missed") return lead(scope, "/calls");
  if (action === "decline" && (await declined(data))) return;
  if (action === "accept") await remember("intent", { callId: data.callId, at: Date.now() });
  await lead(scope, "/");
}

/** With the pass that came with the ring; true when nothing is left to do. */
async function declined({ callId, declineToken }: NoticeData): Promise<boolean> {
  try {
    const answer = await fetch("/api/calls/decline-pushed", posted({ callId, token: declineToken }));
    return settled(answer.status);
  } catch {
    return false;
  }
}

/** The demo's page and its phones are other people's: a ring never leads there. */
async function pages(scope: WorkerScope) {
  const all = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter((page) => page.frameType === "top-level" && new URL(page.url).pathname !== "/demo");
}

/** To the page that is open already, which shows what rings over whatever it shows; else to a new one. */
async function lead(scope: WorkerScope, path: string): Promise<void> {
  const open = await pages(scope);
  const page = open.find((one) => one.focused) ?? open[0];
  if (!page) {
    await scope.clients.openWindow(path);
    return;
  }
  await page.focus().catch(() => undefined);
  page.postMessage({ type: "stagedoor:look" });
}

/** The browser gave up the old subscription: make another, and say where it is. Without a pass the next page does. */
export async function moved(scope: WorkerScope, given: PushSubscription | null): Promise<void> {
  const before = await recall("push");
  if (!before?.renewToken) return;
  const fresh =
    given ??
    (await scope.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: before.publicKey,
    }));
  const { endpoint = "", expirationTime = null, keys = {} } = fresh.toJSON();
  const answer = await fetch(
    "/api/push/renewal",
    posted({ token: before.renewToken, before: before.endpoint, endpoint, expirationTime, keys }),
  );
  if (!answer.ok) return;
  const told = (await answer.json()) as { subscription: { renewToken: string | null } };
  await remember("push", { ...before, endpoint, renewToken: told.subscription.renewToken });
}

const posted = (body: object): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  credentials: "omit",
});
