/**
 * The few things that pages and the service worker of this browser know together, kept in Cache Storage because that
 * is what both can read. A value that is taken is taken once, by one of them.
 */
export type Shelf = {
  /** This browser's subscription: for whom it rings, and the pass with which the worker may say that it moved. */
  push: {
    readonly userId: string;
    readonly endpoint: string;
    readonly publicKey: string;
    readonly renewToken: string | null;
  };
  /** How notifications are shown here: without names, and in which language. */
  choices: { readonly discreet: boolean; readonly language: string };
  /** "Accept" was pressed in a notification, at this time (ms since 1970), and a page is to carry it out. */
  intent: { readonly callId: string; readonly at: number };
  /** Calls that are over, the newest last: a ring that arrives after its own end is not shown. */
  over: readonly string[];
};

const SHELF = "stagedoor.shelf";
const address = (name: string) => `/stagedoor.shelf/${name}`;

export async function recall<Name extends keyof Shelf>(name: Name): Promise<Shelf[Name] | null> {
  try {
    const kept = await (await caches.open(SHELF)).match(address(name));
    return kept ? ((await kept.json()) as Shelf[Name]) : null;
  } catch {
    return null;
  }
}

export async function remember<Name extends keyof Shelf>(name: Name, value: Shelf[Name]): Promise<void> {
  try {
    await (await caches.open(SHELF)).put(address(name), new Response(JSON.stringify(value)));
  } catch {
    // Storage may be forbidden: nothing is kept then, and the page asks again.
  }
}

/** True for the one that really removed it. */
export async function forget(name: keyof Shelf): Promise<boolean> {
  try {
    return await (await caches.open(SHELF)).delete(address(name));
  } catch {
    return false;
  }
}
