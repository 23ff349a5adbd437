/** A refusal of the service, or the lack of any answer, as one error with a code that maps to one sentence. */
export type RefusalBody = {
  code: string;
  error: string;
  requestId?: string;
  retryAfter?: number;
  details?: unknown;
};

export class Refused extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, body: RefusalBody) {
    super(body.error);
    this.name = "Refused";
    this.code = body.code;
    this.status = status;
    this.requestId = body.requestId;
    this.retryAfter = body.retryAfter;
    this.details = typeof body.details === "object" && body.details ? { ...body.details } : {};
  }
}

/** Made here when no answer came: the network is down or the service is restarting. */
export const UNREACHABLE = "UNREACHABLE";

export function refusalFrom(status: number, body: unknown): Refused {
  const shaped = typeof body === "object" && body !== null && "code" in body ? (body as RefusalBody) : null;
  return new Refused(status, shaped ?? { code: status >= 500 ? "UNEXPECTED" : "REFUSED", error: "" });
}

export const codeOf = (problem: unknown): string =>
  problem instanceof Refused ? problem.code : "UNEXPECTED";
