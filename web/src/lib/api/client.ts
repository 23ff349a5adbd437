/**
 * The one way to the service: typed by its OpenAPI, signed with the session of this window, every answer also
 * sets the server clock, every refusal is thrown as `Refused`.
 */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "../../gen/api";
import { serverClock } from "../clock";
import { keepSession, storedSession } from "../session/store";
import { Refused, refusalFrom, UNREACHABLE } from "./refusal";

const signed: Middleware = {
  onRequest({ request }) {
    const session = storedSession();
    if (session) request.headers.set("Authorization", `Bearer ${session.token}`);
    return request;
  },
  onResponse({ request, response }) {
    const spoken = request.headers.get("Authorization");
    const session = storedSession();
    // Only the session that was refused is dropped: a newer one may have been signed in meanwhile.
    if (response.status === 401 && session && spoken === `Bearer ${session.token}`) keepSession(null);
    return response;
  },
};

export const api = createClient<paths>({
  baseUrl: typeof window === "undefined" ? "http://localhost" : window.location.origin,
  fetch: (request) => globalThis.fetch(request),
});
api.use(signed);

type Answer<T> = { data?: T; error?: unknown; response: Response };

function serverTimeIn(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const found = data as { serverTime?: string; call?: { serverTime?: string } };
  return found.serverTime ?? found.call?.serverTime;
}

/** Awaits an answer and returns its data, or throws `Refused`. */
export async function ask<T>(request: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const sentAt = Date.now();
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch {
    throw new Refused(0, { code: UNREACHABLE, error: "" });
  }
  if (answer.data === undefined || answer.data === null)
    throw refusalFrom(answer.response.status, answer.error);
  const serverTime = serverTimeIn(answer.data);
  if (serverTime) serverClock.learn(serverTime, sentAt, Date.now());
  return answer.data;
}

export const idempotencyKey = () => ({ "Idempotency-Key": crypto.randomUUID() });
