/** Snapshots of the media, for components. */
import { useEffect, useState, useSyncExternalStore } from "react";
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

/** The devices of this machine, also as they come and go. */
export function useDevices(capture: Capture): readonly MediaDeviceInfo[] {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const open = useCapture(capture);
  // biome-ignore lint/correctness/useExhaustiveDependencies: names are known only once a device was opened
  useEffect(() => {
    const look = () => void capture.devices().then(setDevices);
    look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", look);
  }, [capture, open.microphone, open.camera]);
  return devices;
}
