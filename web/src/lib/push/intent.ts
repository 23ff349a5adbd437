/** "Accept" in a notification leads to a page; exactly one page carries it out, and only while it is fresh. */
import { forget, recall } from "./shelf";

const FRESH_MS = 120_000;

export async function takeIntent(callId: string): Promise<boolean> {
  const intent = await recall("intent");
  if (intent?.callId !== callId) return false;
  return (await forget("intent")) && Date.now() - intent.at < FRESH_MS;
}

/** The worker brought the person to this page, which was open already. */
export function onLook(look: () => void): () => void {
  const heard = (event: MessageEvent) => {
    if ((event.data as { type?: unknown } | null)?.type === "stagedoor:look") look();
  };
  navigator.serviceWorker?.addEventListener("message", heard);
  return () => navigator.serviceWorker?.removeEventListener("message", heard);
}
