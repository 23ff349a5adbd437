/** Opens the media of a call with what the service granted; each provider's code is loaded only when it is used. */
import type { MediaGrant } from "../lib/api/types";
import type { Realtime } from "../lib/realtime/port";
import type { MediaDeps, MediaSession } from "./port";

const FRESH_FOR_MS = 30_000;

type OpenDeps = MediaDeps & {
  readonly callId: string;
  readonly realtime: Realtime;
  readonly grant: MediaGrant;
  readonly join: () => Promise<MediaGrant>;
  readonly now: () => number;
};

type IceServer = NonNullable<MediaGrant["iceServers"]>[number];

export class UnknownProvider extends Error {}

export async function openMedia(deps: OpenDeps): Promise<MediaSession> {
  if (deps.grant.provider === "agora") return (await import("./agora/open")).openAgora(deps);
  if (deps.grant.provider !== "webrtc") throw new UnknownProvider(deps.grant.provider);
  const [{ WebrtcSession }, { pathOver }] = await Promise.all([
    import("./webrtc/session"),
    import("./webrtc/path"),
  ]);
  let { grant } = deps;
  const stale = () =>
    Boolean(grant.expiresAt) && Date.parse(grant.expiresAt ?? "") - deps.now() < FRESH_FOR_MS;
  return new WebrtcSession({
    capture: deps.capture,
    video: deps.video,
    deviceId: deps.deviceId,
    path: pathOver(deps.realtime, deps.callId, deps.deviceId),
    polite: grant.polite,
    epoch: grant.epoch,
    configuration: async () => {
      if (stale()) {
        grant = await deps.join();
      }
      return {
        iceServers: (grant.iceServers ?? []).map(iceServer),
        iceTransportPolicy: grant.iceTransportPolicy ?? "all",
      };
    },
  });
}

function iceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username ? { username } : {}), ...(credential ? { credential } : {}) };
}
