/** The verbs of a call. Every answer is the whole call as it is now. */
import { api, ask, idempotencyKey } from "../../../lib/api/client";
import type { Call, CallBackMinutes, CallType, MediaGrant, MediaWord, Quality } from "../../../lib/api/types";

const one = (callId: string) => ({ params: { path: { call_id: callId } } });

export const callsHttp = {
  initiate: async (fanId: string, callType: CallType): Promise<Call> =>
    (
      await ask(
        api.POST("/api/calls/initiate", { body: { fanId, callType }, params: { header: idempotencyKey() } }),
      )
    ).call,
  accept: async (callId: string, deviceId: string, maxTokens: number | null): Promise<Call> =>
    (
      await ask(
        api.POST("/api/calls/accept", { body: { callId, deviceId, ...(maxTokens ? { maxTokens } : {}) } }),
      )
    ).call,
  decline: async (callId: string, callBackMinutes: CallBackMinutes | null): Promise<Call> =>
    (await ask(api.POST("/api/calls/decline", { body: { callId, callBackMinutes } }))).call,
  cancel: async (callId: string): Promise<Call> =>
    (await ask(api.POST("/api/calls/cancel", { body: { callId } }))).call,
  end: async (callId: string): Promise<Call> =>
    (await ask(api.POST("/api/calls/end", { body: { callId } }))).call,
  current: async (): Promise<readonly Call[]> => (await ask(api.GET("/api/calls/current"))).calls,
  get: async (callId: string): Promise<Call> =>
    (await ask(api.GET("/api/calls/{call_id}", one(callId)))).call,
  join: async (callId: string, deviceId: string): Promise<MediaGrant> =>
    (await ask(api.POST("/api/calls/{call_id}/join", { ...one(callId), body: { deviceId } }))).media,
  media: async (callId: string, body: MediaWord): Promise<Call> =>
    (await ask(api.POST("/api/calls/{call_id}/media", { ...one(callId), body }))).call,
  quality: async (callId: string, quality: Quality): Promise<Call> =>
    (await ask(api.POST("/api/calls/{call_id}/quality", { ...one(callId), body: { quality } }))).call,
};
export type CallsHttp = typeof callsHttp;
