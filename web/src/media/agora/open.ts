/** Opens a call's media through Agora: loads the SDK, and gets fresh tokens from the service. */
import { api, ask } from "../../lib/api/client";
import type { MediaGrant } from "../../lib/api/types";
import type { MediaDeps, MediaSession } from "../port";
import type { AgoraGrant } from "./sdk";
import { AgoraSession } from "./session";
import { troubleOf } from "./trouble";

type OpenDeps = MediaDeps & { readonly grant: MediaGrant; readonly join: () => Promise<MediaGrant> };

export async function openAgora({ capture, video, deviceId, grant, join }: OpenDeps): Promise<MediaSession> {
  const sdk = await import("./agoraRtc");
  return new AgoraSession({
    sdk,
    capture,
    video,
    deviceId,
    grant: agoraGrant(grant),
    join: async () => agoraGrant(await join()),
    renew: async ({ channel, uid }) => {
      const query = { channel, uid, role: "publisher" as const };
      return (await ask(api.GET("/api/agora/token", { params: { query } }))).token;
    },
  });
}

function agoraGrant({ appId, channel, uid, token }: MediaGrant): AgoraGrant {
  if (!appId || !channel || !uid || !token) throw troubleOf(null);
  return { appId, channel, uid, token };
}
