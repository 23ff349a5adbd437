/** What is used of Agora's SDK, as types alone: nothing here loads it. */
type Module = typeof import("agora-rtc-sdk-ng/esm");

export type AgoraSdk = Pick<
  Module,
  "createClient" | "createCustomAudioTrack" | "createCustomVideoTrack" | "setLogLevel"
>;
export type AgoraClient = ReturnType<Module["createClient"]>;
export type LocalTrack =
  | ReturnType<Module["createCustomAudioTrack"]>
  | ReturnType<Module["createCustomVideoTrack"]>;

/** What lets one person into one channel. */
export type AgoraGrant = {
  readonly appId: string;
  readonly channel: string;
  readonly uid: number;
  readonly token: string;
};
