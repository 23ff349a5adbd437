/**
 * Media of one call as the rest of the UI sees it, whatever carries it. A session is started once, tells what it
 * sees by snapshots, and is closed once.
 */
import type { Capture } from "./capture";

export type Flow = "waiting" | "connected" | "lost";
/** 3 good, 2 fair, 1 poor. */
export type Quality = 1 | 2 | 3;

export type MediaSnapshot = {
  readonly flow: Flow;
  readonly remote: MediaStream;
  /** What the other side says of its camera; a remote track alone never tells. */
  readonly remoteCamera: boolean;
  /** The camera is on, but no picture of it comes through; the voice may well. */
  readonly pictureStalled: boolean;
  readonly quality: Quality | null;
};

export interface MediaSession {
  snapshot(): MediaSnapshot;
  subscribe(tell: () => void): () => void;
  /** Fires when the other's media begins to arrive, stops arriving, or arrives again. */
  onFlow(tell: (flow: "connected" | "lost") => void): () => void;
  /** When (performance.now) anything of the other's media last arrived. */
  readonly heardAt: number;
  start(): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  devices(): Promise<readonly MediaDeviceInfo[]>;
  switchDevice(kind: "audioinput" | "videoinput", deviceId: string): Promise<void>;
  close(): void;
}

export type MediaDeps = {
  readonly capture: Capture;
  readonly video: boolean;
  readonly deviceId: string;
};
