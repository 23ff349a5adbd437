/**
 * Which page carries a call. A page has an identity of its own from load to unload (so a reload is a new page to the
 * other side), and remembers across a reload which call it carried. A lock keeps a copied tab from joining too.
 */
import { frameName } from "../../../lib/session/store";

const KEY = frameName ? `stagedoor.carrying.${frameName}` : "stagedoor.carrying";
const RETRIES = 4;
const RETRY_MS = 250;

export const deviceId: string = crypto.randomUUID();

export type Carried = { readonly callId: string; readonly camera: boolean };

export function remembered(): Carried | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Carried | null;
  } catch {
    return null;
  }
}

export function remember(carried: Carried | null): void {
  try {
    if (carried) sessionStorage.setItem(KEY, JSON.stringify(carried));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage a reload shows the quiet bar instead of rejoining by itself.
  }
}

/** Holds the right to carry a call; `steal` takes it from a sibling tab, which is told through its `lost`. */
export class CarryLock {
  private release: (() => void) | null = null;

  constructor(private readonly lost: () => void) {}

  async take(name: string, steal: boolean): Promise<boolean> {
    this.drop();
    if (!navigator.locks) return true;
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      if (await this.request(name, steal)) return true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return false;
  }

  drop(): void {
    this.release?.();
    this.release = null;
  }

  private request(name: string, steal: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      let mine = false;
      const held = navigator.locks.request(name, steal ? { steal: true } : { ifAvailable: true }, (lock) => {
        mine = lock !== null;
        resolve(mine);
        return mine ? new Promise<void>((release) => (this.release = release)) : undefined;
      });
      held.catch(() => {
        if (mine && this.release) this.lost();
        resolve(false);
      });
    });
  }
}
