/** Snapshots of the media, for components. */
import { useSyncExternalStore } from "react";
import type { Capture, CaptureSnapshot } from "../../../media/capture";
import type { MediaSession, MediaSnapshot } from "../../../media/port";

const CLOSED: CaptureSnapshot = {
  microphone: false,
  camera: false,
  cameraOpening: false,
  standIn: { audio: false, video: false },
  problem: { audio: null, video: null },
  view: null,
};
const NO_MEDIA: MediaSnapshot | null = null;
const never = () => () => {};

export function useCapture(capture: Capture | null): CaptureSnapshot {
  return useSyncExternalStore(capture?.subscribe ?? never, capture?.snapshot ?? (() => CLOSED));
}

export function useMediaSession(session: MediaSession | null): MediaSnapshot | null {
  return useSyncExternalStore(
    (tell) => session?.subscribe(tell) ?? (() => {}),
    () => session?.snapshot() ?? NO_MEDIA,
  );
}
