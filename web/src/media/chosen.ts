/** The microphone and camera that were chosen on this machine; a wish, not a demand: they may be unplugged by now. */
import type { Kind } from "./capture";

const KEY = "stagedoor.devices";

export function chosenBefore(): Partial<Record<Kind, string>> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

export function keepChosen(kind: Kind, deviceId: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...chosenBefore(), [kind]: deviceId }));
  } catch {
    // The choice then lasts as long as the page.
  }
}
