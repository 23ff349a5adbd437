/**
 * Ringing while no page of ours is open: this browser's side of Web Push. A browser rings for the person who turned it
 * on there, until they turn it off or sign out.
 */
import { api, ask } from "../api/client";
import { locale } from "../i18n/locale";
import { frameName } from "../session/store";
import { forget, recall, remember } from "./shelf";

const WORKER = "/sw.js";

/** `install`: iPhones and iPads ring only for a page on the home screen. */
export type Able = "able" | "install" | "never";
export type Ringing = "on" | "off" | "denied";

export function able(): Able {
  if (frameName || typeof navigator === "undefined" || !navigator.serviceWorker) return "never";
  if (typeof PushManager !== "undefined" && typeof Notification !== "undefined") return "able";
  return /iPhone|iPad/.test(navigator.userAgent) ? "install" : "never";
}

/** Whether this browser rings for `userId` now. */
export async function ringing(userId: string): Promise<Ringing> {
  if (Notification.permission === "denied") return "denied";
  const [kept, subscription] = await Promise.all([recall("push"), subscribed()]);
  return subscription && kept?.userId === userId && Notification.permission === "granted" ? "on" : "off";
}

/** Asks for permission when it has to. Throws what the browser or the service refused. */
export async function turnOn(userId: string): Promise<Ringing> {
  if ((await Notification.requestPermission()) !== "granted")
    return Notification.permission === "denied" ? "denied" : "off";
  const { publicKey } = (await ask(api.GET("/api/push/key"))).push;
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  await keepLanguage();
  // A subscription is bound to the key of the server that asked for it.
  const before = await pushManager.getSubscription();
  if (before && (await recall("push"))?.publicKey !== publicKey) await before.unsubscribe();
  await tell(
    userId,
    publicKey,
    await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey }),
  );
  return "on";
}

/** Also on signing out. Harmless where nothing rings. */
export async function turnOff(): Promise<void> {
  if (able() !== "able") return;
  const [kept, subscription] = await Promise.all([recall("push"), subscribed()]);
  await forget("push");
  const endpoint = subscription?.endpoint ?? kept?.endpoint;
  if (!endpoint) return;
  await api.DELETE("/api/push/subscription", { body: { endpoint } }).catch(() => undefined);
  await subscription?.unsubscribe();
}

/** A session that ended elsewhere cannot say so any more; the push service will, once nothing is subscribed. */
export async function stopHere(): Promise<void> {
  if (able() !== "able") return;
  await forget("push");
  await (await subscribed())?.unsubscribe();
}

/** After a page was opened: what moved while none was is told, and a worker of an older release is replaced. */
export async function keepRinging(userId: string): Promise<void> {
  if (able() !== "able") return;
  const kept = await recall("push");
  if (kept?.userId !== userId) return;
  await navigator.serviceWorker.register(WORKER);
  await keepLanguage();
  const subscription = await subscribed();
  if (subscription && subscription.endpoint !== kept.endpoint)
    await tell(userId, kept.publicKey, subscription);
}

export async function discreet(): Promise<boolean> {
  return (await recall("choices"))?.discreet ?? false;
}

export async function setDiscreet(wanted: boolean): Promise<void> {
  await remember("choices", { discreet: wanted, language: locale() });
}

async function keepLanguage(): Promise<void> {
  await remember("choices", { discreet: await discreet(), language: locale() });
}

async function subscribed(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function tell(userId: string, publicKey: string, subscription: PushSubscription): Promise<void> {
  const { endpoint = "", keys } = subscription.toJSON();
  const body = { endpoint, keys: { p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" } };
  const told = await ask(api.PUT("/api/push/subscription", { body }));
  await remember("push", {
    userId,
    endpoint,
    publicKey,
    renewToken: told.subscription.renewToken ?? null,
  });
}
