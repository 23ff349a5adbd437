/**
 * Who is signed in here. The token belongs to one window name: two frames called "mia" and "sam" hold two sessions
 * side by side, and every ordinary tab of a browser shares one.
 */
export type Stored = { readonly token: string; readonly expiresAt: string };

const framed = typeof window !== "undefined" && window.self !== window.top;
export const frameName = framed ? window.name : "";

/** A frame's session ends with its tab; an ordinary session outlives it. */
const shelf = () => (frameName ? sessionStorage : localStorage);
export const sessionKey = (name: string) => (name ? `stagedoor.session.${name}` : "stagedoor.session");

const listeners = new Set<() => void>();
let current: Stored | null | undefined;

function read(): Stored | null {
  try {
    const raw = shelf().getItem(sessionKey(frameName));
    const found = raw ? (JSON.parse(raw) as Stored) : null;
    return found && Date.parse(found.expiresAt) > Date.now() ? found : null;
  } catch {
    return null;
  }
}

export function storedSession(): Stored | null {
  if (current === undefined) current = read();
  return current;
}

export function keepSession(session: Stored | null): void {
  current = session;
  try {
    if (session) shelf().setItem(sessionKey(frameName), JSON.stringify(session));
    else shelf().removeItem(sessionKey(frameName));
  } catch {
    // Storage may be forbidden: the session then lives as long as the page.
  }
  for (const tell of listeners) tell();
}

/** Hands a session to a frame of this page before the frame is opened. */
export function keepSessionForFrame(name: string, session: Stored): void {
  sessionStorage.setItem(sessionKey(name), JSON.stringify(session));
}

export function onSessionChange(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

if (typeof window !== "undefined") {
  // Signing out in one tab signs out its siblings.
  window.addEventListener("storage", (event) => {
    if (frameName || (event.key !== null && event.key !== sessionKey(""))) return;
    current = read();
    for (const tell of listeners) tell();
  });
}
