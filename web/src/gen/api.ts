type J<T> = { content: { "application/json": T } };
type Refusal = components["schemas"]["Refusal"];
type Op<R, B = never, Q = never, P = never> = {
  parameters: { query?: [Q] extends [never] ? never : Q; header?: { "Idempotency-Key"?: string }; path: P; cookie?: never };
  requestBody?: [B] extends [never] ? never : J<B>;
  responses: { 200: J<R>; 400: J<Refusal> };
};
type OpN<R, B = never, Q = never> = {
  parameters: { query?: [Q] extends [never] ? never : Q; header?: { "Idempotency-Key"?: string }; path?: never; cookie?: never };
  requestBody?: [B] extends [never] ? never : J<B>;
  responses: { 200: J<R>; 400: J<Refusal> };
};
type S = components["schemas"];
type Page = { cursor?: string; limit?: number };
type Ok = { ok: true };
export interface paths {
  "/api/session": {
    get: OpN<Ok & { user: S["User"] | null; flags: S["Flags"]; media: { provider: "webrtc" | "agora" }; realtime: { provider: "socketio" | "ably" }; demo: boolean; serverTime: string }>;
    post: OpN<Ok & { session: S["Session"]; user: S["User"] }, { username: string; password: string }>;
    delete: OpN<Ok>;
  };
  "/api/accounts": { post: OpN<Ok & { session: S["Session"]; user: S["User"] }, { username: string; password: string; displayName: string; creator: boolean }> };
  "/api/creators/me/prices": { get: OpN<Ok & { prices: S["Prices"] }>; put: OpN<Ok & { prices: S["Prices"] }, S["Prices"]> };
  "/api/creators/me/fans": { get: OpN<Ok & { fans: S["FanOfMine"][]; nextCursor: string | null }, never, Page> };
  "/api/creators/me/today": { get: OpN<Ok & { today: S["Today"] }> };
  "/api/wallet": { get: OpN<Ok & { wallet: S["Wallet"] }> };
  "/api/calls/initiate": { post: OpN<Ok & { call: S["Call"] }, { fanId: string; callType: "voice" | "video" }> };
  "/api/calls/accept": { post: OpN<Ok & { call: S["Call"] }, { callId: string; maxTokens?: number; deviceId?: string }> };
  "/api/calls/decline": { post: OpN<Ok & { call: S["Call"] }, { callId: string }> };
  "/api/calls/cancel": { post: OpN<Ok & { call: S["Call"] }, { callId: string }> };
  "/api/calls/end": { post: OpN<Ok & { call: S["Call"] }, { callId: string }> };
  "/api/calls/current": { get: OpN<Ok & { calls: S["Call"][] }> };
  "/api/calls/history": { get: OpN<Ok & { calls: S["Call"][]; nextCursor: string | null }, never, Page> };
  "/api/calls/{callId}": { get: Op<Ok & { call: S["Call"] }, never, never, { callId: string }> };
  "/api/calls/{callId}/join": { post: Op<Ok & { media: S["WebrtcGrant"] | S["AgoraGrant"] }, { deviceId: string }, never, { callId: string }> };
  "/api/calls/{callId}/media": { post: Op<Ok & { call: S["Call"] }, { state: "connected" | "lost" }, never, { callId: string }> };
  "/api/calls/{callId}/receipt": { get: Op<Ok & { receipt: S["Receipt"] }, never, never, { callId: string }> };
  "/api/calls/{callId}/rating": { post: Op<Ok & { rating: unknown }, { stars: number }, never, { callId: string }> };
  "/api/calls/{callId}/report": { post: Op<Ok & { report: unknown }, { reason: string; text: string }, never, { callId: string }> };
  "/api/calls/{callId}/dispute": { post: Op<Ok & { dispute: unknown }, { text: string }, never, { callId: string }> };
  "/api/fans/me": { get: OpN<Ok & { fan: S["FanSelf"] }> };
  "/api/fans/me/relationships": { get: OpN<Ok & { relationships: S["Relationship"][] }> };
  "/api/demo/sessions": { post: OpN<Ok & { session: S["Session"]; user: S["User"] }, { username: string }> };
  "/api/demo/events": { get: OpN<Ok & { events: S["DemoEvent"][] }, never, { after?: string }> };
}
export interface components {
  schemas: {
    Refusal: { ok: false; code: string; error: string; timestamp: string; requestId: string; retryAfter?: number; details?: Record<string, unknown> };
    Person: { id: string; username: string; displayName: string; avatarUrl: string | null };
    User: S["Person"] & { roles: string[] };
    Session: { token: string; expiresAt: string };
    Flags: { FEATURE_CALLS: boolean; FEATURE_FAN_SHARE_CARD: boolean; FEATURE_FAN_PRIVACY: boolean; FEATURE_FAN_MINI_PROFILE: boolean };
    Prices: { voiceTokensPerMinute: number; videoTokensPerMinute: number };
    FanOfMine: { fan: S["Person"]; since: string; follows: boolean; tips: number; calls: number; canMessage: boolean; canCall: boolean; callAgainAt: string | null };
    Today: { earnedTokens: number; rung: number; accepted: number; connected: number; connectedSeconds: number };
    Wallet: { balance: number; held: number; available: number };
    Segment: { startedAt: string; endedAt: string | null };
    Call: {
      id: string; callType: "voice" | "video";
      state: "ringing" | "connecting" | "active" | "reconnecting" | "ended" | "declined" | "cancelled" | "missed" | "failed";
      endReason: string | null; role: "creator" | "fan"; creator: S["Person"] | null; fan: S["Person"] | null;
      tokensPerMinute: number; createdAt: string; expiresAt: string; acceptedAt: string | null; connectedAt: string | null; endedAt: string | null;
      version: number; segments: S["Segment"][]; billableSeconds: number; tokensCharged: number; heldTokens: number;
      secondsLeft: number | null; maxTokens: number | null; mediaLost: boolean; serverTime: string;
    };
    WebrtcGrant: { provider: "webrtc"; polite: boolean; iceServers: { urls: string[]; username?: string; credential?: string }[]; iceTransportPolicy: "all" | "relay"; epoch: number; expiresAt: string | null };
    AgoraGrant: { provider: "agora"; appId: string; channel: string; uid: number; token: string; expiresAt: string };
    Span: { startedAt: string; endedAt: string; seconds: number };
    Receipt: {
      callId: string; callType: "voice" | "video"; creator: S["Person"] | null; fan: S["Person"] | null; state: string; endReason: string | null;
      createdAt: string; connectedAt: string | null; endedAt: string | null; billableSeconds: number; incrementSeconds: number; tokensPerMinute: number;
      tokensCharged: number; feeTokens: number; creatorTokens: number; refundedTokens: number; segments: S["Span"][]; gaps: S["Span"][];
    };
    FanSelf: S["Person"] & { visibility: "hidden" | "private" | "creators"; allowDm: string; allowCalls: "nobody" | "interacted" | "everyone"; searchable: boolean };
    Relationship: { creator: S["Person"]; since: string; follows: boolean; tips: number; calls: number; canSee: boolean; canMessage: boolean; canCall: boolean };
    DemoEvent: { id: string; type: string; at: string; callId: string | null; data: Record<string, unknown> };
  };
}
