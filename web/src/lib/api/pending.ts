/** Paths of the wire that the service's OpenAPI does not declare yet; each goes when the generated types have it. */
type PostToCall<Body> = {
  post: {
    parameters: { query?: never; header?: never; cookie?: never; path: { call_id: string } };
    requestBody: { content: { "application/json": Body } };
    responses: { 200: { content: { "application/json": { ok: true } } } };
  };
};

export type PendingPaths = {
  "/api/calls/{call_id}/rating": PostToCall<{ stars: number }>;
  "/api/calls/{call_id}/report": PostToCall<{ reason: string; text: string }>;
  "/api/calls/{call_id}/dispute": PostToCall<{ text: string }>;
};
