/** The parts of Agora's SDK that are used, in a chunk of its own: it weighs more than all the rest of the UI. */
export {
  createClient,
  createCustomAudioTrack,
  createCustomVideoTrack,
  setLogLevel,
} from "agora-rtc-sdk-ng/esm";
