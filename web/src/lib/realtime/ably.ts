/**
 * The Ably adapter: events come through Ably, on this person's own channels. What only a running call says (signals
 * between the two, signs of life) goes through the service's socket, which is open for as long as it is needed.
 */
import { BaseRealtime, FetchRequest, WebSocketTransport } from "ably/modular";
import { api, ask } from "../api/client";
import {
  CALL_EVENTS,
  type CallEventName,
  type CallHint,
  OTHER_EVENTS,
  type OtherEventName,
  type Realtime,
  type RealtimeListener,
} from "./port";
import { SideSocket } from "./side";

const RETRY_MS = 3000;
const DEFAULT_HOST = "main.realtime.ably.net";
const NEVER_LOGGED = 0;

type Grant = Awaited<ReturnType<typeof fetchGrant>>;

const fetchGrant = async () => (await ask(api.GET("/api/realtime/token"))).realtime;

export function ablyRealtime(token: string, connect: typeof connectAbly = connectAbly): Realtime {
  const listeners = new Set<RealtimeListener>();
  const each = (tell: (listener: RealtimeListener) => void) => {
    for (const listener of [...listeners]) tell(listener);
  };
  let listening = false;
  let closed = false;
  let close = () => {};
  const side = new SideSocket(token, {
    onSignal: (signal) => each((l) => l.onSignal?.(signal)),
    onUp: (up) => each((l) => l.onUp?.(up && listening)),
  });
  const heard = (name: string, data: unknown) => {
    if (CALL_EVENTS.includes(name as CallEventName))
      each((l) => l.onCallEvent?.(name as CallEventName, data as CallHint));
    else if (OTHER_EVENTS.includes(name as OtherEventName))
      each((l) => l.onOtherEvent?.(name as OtherEventName, data));
  };
  void connect({
    isClosed: () => closed,
    heard,
    onListening: (now) => {
      listening = now;
      each((l) => l.onUp?.(now && side.upOrUnneeded));
    },
  }).then((end) => {
    close = end;
    if (closed) end();
  });

  return {
    get up() {
      return listening && side.upOrUnneeded;
    },
    listen(listener) {
      listeners.add(listener);
      const release = listener.onSignal ? side.need() : () => {};
      return () => {
        listeners.delete(listener);
        release();
      };
    },
    signal: (signal) => side.signal(signal),
    alive: (callId, silentSeconds) => side.alive(callId, silentSeconds),
    close() {
      closed = true;
      listeners.clear();
      side.close();
      close();
    },
  };
}

type Wanted = {
  isClosed(): boolean;
  heard(name: string, data: unknown): void;
  /** Every own channel is attached now, or not any more. Said again when messages may have been missed. */
  onListening(now: boolean): void;
};

/** Connects and attaches, and returns how to end it. Repeats until the service grants a token. */
export async function connectAbly({ isClosed, heard, onListening }: Wanted): Promise<() => void> {
  let first: Grant | null = null;
  while (!first && !isClosed()) {
    first = await fetchGrant().catch(() => null);
    if (!first) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  if (!first) return () => {};
  let unused: Grant | null = first;
  const client = new BaseRealtime({
    plugins: { WebSocketTransport, FetchRequest },
    authCallback: (_params, give) => {
      const grant = unused ? Promise.resolve(unused) : fetchGrant();
      unused = null;
      grant.then(
        ({ tokenRequest }) => give(null, tokenRequest),
        () => give("no token from the service", null),
      );
    },
    ...place(first.endpoint),
    echoMessages: false,
    disableConnectivityCheck: true,
    disconnectedRetryTimeout: RETRY_MS,
    logLevel: NEVER_LOGGED,
  });
  const channels = first.channels.map((name) => client.channels.get(name));
  let before = false;
  const look = (missed = false) => {
    const now =
      client.connection.state === "connected" && channels.every(({ state }) => state === "attached");
    if (now !== before || (now && missed)) onListening(now);
    before = now;
  };
  for (const channel of channels) {
    channel.on(({ current, resumed }) => look(current === "attached" && !resumed));
    void channel.subscribe(({ name, data }) => name && heard(name, data)).catch(() => undefined);
  }
  client.connection.on(() => look());
  return () => client.close();
}

/** Ably's own host is left to the client, which then also knows the others to fall back to. */
function place({ host, port, tls }: Grant["endpoint"]) {
  return host === DEFAULT_HOST ? {} : { endpoint: host, tls, ...(tls ? { tlsPort: port } : { port }) };
}
