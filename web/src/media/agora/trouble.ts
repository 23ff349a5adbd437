/** Agora's errors as ours: the same class as a refusal of the service, so that one place has the sentences. */
import { Refused } from "../../lib/api/refusal";

export type TroubleCode = "MEDIA_UNREACHABLE" | "MEDIA_ACCESS" | "MEDIA_UNSUPPORTED" | "MEDIA_FAILED";

/** No answer from Agora within our own patience: its `join` never gives up by itself. */
export const JOIN_TIMEOUT = "JOIN_TIMEOUT";

const MEANING: Readonly<Record<string, TroubleCode>> = {
  [JOIN_TIMEOUT]: "MEDIA_UNREACHABLE",
  TIMEOUT: "MEDIA_UNREACHABLE",
  NETWORK_ERROR: "MEDIA_UNREACHABLE",
  NETWORK_TIMEOUT: "MEDIA_UNREACHABLE",
  NETWORK_RESPONSE_ERROR: "MEDIA_UNREACHABLE",
  API_INVOKE_TIMEOUT: "MEDIA_UNREACHABLE",
  CAN_NOT_GET_PROXY_SERVER: "MEDIA_UNREACHABLE",
  VOID_GATEWAY_ADDRESS: "MEDIA_UNREACHABLE",
  MULTI_UNILBS_RESPONSE_ERROR: "MEDIA_UNREACHABLE",
  ICE_FAILED: "MEDIA_UNREACHABLE",
  NO_ICE_CANDIDATE: "MEDIA_UNREACHABLE",
  PC_CLOSED: "MEDIA_UNREACHABLE",
  WS_ABORT: "MEDIA_UNREACHABLE",
  WS_DISCONNECT: "MEDIA_UNREACHABLE",
  WS_ERR: "MEDIA_UNREACHABLE",
  // Agora's answer to a token or App ID that it does not take.
  CAN_NOT_GET_GATEWAY_SERVER: "MEDIA_ACCESS",
  TOKEN_EXPIRE: "MEDIA_ACCESS",
  UPDATE_TICKET_FAILED: "MEDIA_ACCESS",
  UID_CONFLICT: "MEDIA_ACCESS",
  UID_BANNED: "MEDIA_ACCESS",
  IP_BANNED: "MEDIA_ACCESS",
  CHANNEL_BANNED: "MEDIA_ACCESS",
  INVALID_UINT_UID_FROM_STRING_UID: "MEDIA_ACCESS",
  NOT_SUPPORTED: "MEDIA_UNSUPPORTED",
  WEB_SECURITY_RESTRICT: "MEDIA_UNSUPPORTED",
  GET_LOCAL_CAPABILITIES_FAILED: "MEDIA_UNSUPPORTED",
};

export function codeOfFault(fault: unknown): string {
  const code = typeof fault === "object" && fault !== null ? (fault as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "UNEXPECTED_ERROR";
}

/** The fault as a refusal; a refusal of our own service stays what it is. */
export function troubleOf(fault: unknown): Refused {
  if (fault instanceof Refused) return fault;
  return new Refused(0, { code: MEANING[codeOfFault(fault)] ?? "MEDIA_FAILED", error: "" });
}
