/** Why a microphone or camera did not open, in the four ways that ask for different advice. */
export type Problem = "denied" | "missing" | "in_use" | "insecure";

export function problemOf(fault: unknown): Problem {
  const name = fault instanceof Error || fault instanceof DOMException ? fault.name : "";
  if (name === "NotAllowedError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "in_use";
  if (name === "SecurityError" || name === "TypeError") return "insecure";
  return "missing";
}
