/** Shapes of the wire that the service's OpenAPI does not declare yet; each goes when the generated types have it. */
import type { components } from "../../gen/api";

type Person = components["schemas"]["PersonWire"];
type Answer<T> = { responses: { 200: { content: { "application/json": T } } } };
type Get<T, Query = never> = {
  get: { parameters: { query?: Query; path?: never; header?: never; cookie?: never } } & Answer<T>;
};
type PostToCall<Body> = {
  post: {
    parameters: { query?: never; header?: never; cookie?: never; path: { call_id: string } };
    requestBody: { content: { "application/json": Body } };
  } & Answer<{ ok: true }>;
};

export type PendingSchemas = {
  FanOfMine: {
    fan: Person;
    since: string;
    follows: boolean;
    tips: number;
    calls: number;
    canMessage: boolean;
    canCall: boolean;
    callAgainAt: string | null;
  };
  FanSelf: Person & {
    visibility: "hidden" | "private" | "creators";
    allowDm: "nobody" | "interacted" | "everyone";
    allowCalls: "nobody" | "interacted" | "everyone";
    searchable: boolean;
  };
  Relationship: {
    creator: Person;
    since: string;
    follows: boolean;
    tips: number;
    calls: number;
    canSee: boolean;
    canMessage: boolean;
    canCall: boolean;
  };
};

export type PendingPaths = {
  "/api/creators/me/fans": Get<
    { fans: PendingSchemas["FanOfMine"][]; nextCursor: string | null },
    { cursor?: string }
  >;
  "/api/fans/me": Get<{ fan: PendingSchemas["FanSelf"] }>;
  "/api/fans/me/relationships": Get<{ relationships: PendingSchemas["Relationship"][] }>;
  "/api/calls/{call_id}/rating": PostToCall<{ stars: number }>;
  "/api/calls/{call_id}/report": PostToCall<{ reason: string; text: string }>;
  "/api/calls/{call_id}/dispute": PostToCall<{ text: string }>;
};
