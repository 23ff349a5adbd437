/** How loud a microphone is, as a person would say it. */
export type Loudness = "none" | "soft" | "good" | "loud";

/** Below this (in decibels of full scale) a room is silent; at 0 the microphone can take no more. */
const FLOOR_DB = -60;

/** 0 to 1 from one reading of an analyser: the loudness of its samples (−1 to 1), on a scale that ears would draw. */
export function levelOf(samples: Float32Array): number {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  const decibels = 10 * Math.log10(squares / Math.max(1, samples.length));
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

export function loudnessOf(level: number): Loudness {
  if (level < 0.12) return "none";
  if (level < 0.4) return "soft";
  return level < 0.9 ? "good" : "loud";
}
