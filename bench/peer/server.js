// The same two jobs as ours, written plainly: Express 5, pg, jsonwebtoken, zod, one process.
//
// Fair to the peer: named (prepared) statements, a pool as large as ours, the same functions in the same database, no
// logging, no metrics, no rate limits, no request ids, and nobody is told of the ring. Fair to us: the token's session
// is looked up, the same refusals are checked in the same transaction, and the event is recorded.
import { createHash } from "node:crypto";
import express from "express";
import jwt from "jsonwebtoken";
import pg from "pg";
import { z } from "zod";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.DATABASE_POOL_SIZE) });
const key = createHash("sha256").update(`stagedoor-local-sessions:${process.env.STAGEDOOR_SECRET_KEY}`).digest();
const app = express().disable("x-powered-by").disable("etag");
const run = (db, name, text, values) => db.query({ name, text, values });

class Refusal extends Error {
  constructor(status, code) {
    super(code);
    Object.assign(this, { status, code });
  }
}

const Initiate = z.strictObject({ fanId: z.guid(), callType: z.enum(["voice", "video"]) });

function claims(req) {
  const [scheme, token] = (req.headers.authorization ?? "").split(" ");
  if (scheme !== "Bearer") throw new Refusal(401, "NOT_AUTHENTICATED");
  try {
    return jwt.verify(token, key, { algorithms: ["HS256"], issuer: "stagedoor" });
  } catch {
    throw new Refusal(401, "SESSION_INVALID");
  }
}

const ME = `
SELECT id, username, display_name AS "displayName", avatar_url AS "avatarUrl", fan_privacy_visibility AS visibility,
    fan_allow_dm AS "allowDm", fan_allow_calls AS "allowCalls", fan_searchable AS searchable,
    to_char(fan_quiet_from, 'HH24:MI') AS "quietFrom", to_char(fan_quiet_until, 'HH24:MI') AS "quietUntil",
    fan_quiet_timezone AS timezone
FROM users WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = $2)`;

app.get("/api/fans/me", async (req, res) => {
  const { sub, jti } = claims(req);
  const { rows } = await run(pool, "me", ME, [sub, jti]);
  if (rows.length === 0) throw new Refusal(401, "SESSION_INVALID");
  res.json({ ok: true, fan: rows[0] });
});

const CHECK = `
SELECT c.username, c.display_name AS name, c.avatar_url AS avatar, c.is_creator AS "isCreator",
    f.username AS "fanUsername", f.display_name AS "fanName", f.avatar_url AS "fanAvatar",
    EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = $4) AS revoked,
    why_not_call(c.id, $2) AS reason,
    CASE $3 WHEN 'voice' THEN coalesce(p.voice_tokens_per_minute, 6)
        ELSE coalesce(p.video_tokens_per_minute, 12) END AS "tokensPerMinute",
    EXISTS (SELECT 1 FROM calls WHERE fan_id = $2 AND state IN ('connecting', 'active', 'reconnecting'))
        OR EXISTS (SELECT 1 FROM calls WHERE creator_id = $2
            AND state IN ('ringing', 'connecting', 'active', 'reconnecting')) AS "fanBusy",
    EXISTS (SELECT 1 FROM calls WHERE fan_id = $1
        AND state IN ('connecting', 'active', 'reconnecting')) AS "creatorBusy",
    fan_is_quiet($2, clock_timestamp()) AS quiet
FROM users c LEFT JOIN users f ON f.id = $2 LEFT JOIN creator_call_prices p ON p.creator_id = c.id WHERE c.id = $1`;

const RING = `
WITH cooldown AS (
    INSERT INTO call_cooldowns AS c (creator_id, fan_id, until)
    VALUES ($1, $2, clock_timestamp() + interval '60 seconds')
    ON CONFLICT (creator_id, fan_id) DO UPDATE SET until = EXCLUDED.until WHERE c.until <= clock_timestamp()
    RETURNING 1
), call AS (
    INSERT INTO calls (creator_id, fan_id, call_type, tokens_per_minute, media_provider, quiet, due_at)
    SELECT $1, $2, $3, $4, 'webrtc', $5, clock_timestamp() + interval '120 seconds' FROM cooldown
    RETURNING id, due_at, version, created_at, increment_seconds
), invitation AS (
    INSERT INTO call_invitations (call_id, expires_at) SELECT id, due_at FROM call
), participants AS (
    INSERT INTO call_participants (call_id, role)
    SELECT id, role FROM call, unnest(ARRAY['creator', 'fan']) AS role
)
SELECT id, version, created_at AS "createdAt", due_at AS "expiresAt", increment_seconds AS "incrementSeconds",
    clock_timestamp() AS "serverTime" FROM call`;

const RECORD = `
INSERT INTO events (type, call_id, creator_id, fan_id, actor_id, version, data, deliveries, published_at)
VALUES ('call.ringing', $1, $2, $3, $2, 1, $4, $5, clock_timestamp())`;

app.post("/api/calls/initiate", express.json(), async (req, res) => {
  const { sub, jti } = claims(req);
  const body = Initiate.safeParse(req.body);
  if (!body.success) throw new Refusal(422, "VALIDATION_FAILED");
  const { fanId, callType } = body.data;
  const db = await pool.connect();
  try {
    await db.query("BEGIN");
    const call = await ring(db, sub, jti, fanId, callType);
    await db.query("COMMIT");
    res.status(201).json({ ok: true, call });
  } catch (error) {
    await db.query("ROLLBACK");
    throw error;
  } finally {
    db.release();
  }
});

async function ring(db, creatorId, jti, fanId, callType) {
  await run(db, "pair", "SELECT pair_lock($1, $2)", [creatorId, fanId]);
  const check = (await run(db, "check", CHECK, [creatorId, fanId, callType, jti])).rows[0];
  if (check === undefined || check.revoked) throw new Refusal(401, "SESSION_INVALID");
  if (!check.isCreator) throw new Refusal(403, "CREATOR_ONLY");
  if (check.reason !== null) throw new Refusal(404, "FAN_UNAVAILABLE");
  if (check.fanBusy) throw new Refusal(409, "FAN_BUSY");
  if (check.creatorBusy) throw new Refusal(409, "CREATOR_BUSY");
  const { tokensPerMinute, quiet } = check;
  const rang = (await run(db, "ring", RING, [creatorId, fanId, callType, tokensPerMinute, quiet])).rows[0];
  if (rang === undefined) throw new Refusal(429, "CALL_COOLDOWN");
  const { id: callId, expiresAt, serverTime } = rang;
  const creator = { creatorId, creatorName: check.name, creatorAvatar: check.avatar };
  const told = { callId, ...creator, callType, expiresAt, serverTime, tokensPerMinute };
  const deliveries = quiet ? [] : [{ channel: `fan:${fanId}`, name: "call:incoming", data: told }];
  const data = { callType, tokensPerMinute, by: "creator" };
  await run(db, "record", RECORD, [callId, creatorId, fanId, data, JSON.stringify(deliveries)]);
  return {
    ...rang, callType, state: "ringing", role: "creator", tokensPerMinute, segments: [], billableSeconds: 0,
    tokensCharged: 0, creator: person(creatorId, check.username, check.name, check.avatar),
    fan: person(fanId, check.fanUsername, check.fanName, check.fanAvatar),
  };
}

const person = (id, username, displayName, avatarUrl) => ({ id, username, displayName, avatarUrl });

app.use((error, _req, res, _next) => {
  const busy = error.constraint === "one_call_a_creator" || error.constraint === "one_live_call_a_fan";
  const status = error.status ?? (busy ? 409 : 500);
  const code = error.code && error.status ? error.code : busy ? "BUSY" : "INTERNAL_ERROR";
  res.status(status).json({ ok: false, code, error: code, timestamp: new Date().toISOString() });
});

const server = app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`listening ${server.address().port}`));
