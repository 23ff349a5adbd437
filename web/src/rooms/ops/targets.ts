/** What is asked of the service (docs/operations.md), and how the present figures stand to it. */
import type { Overview } from "./queries";

export type TargetName = "errors" | "p95" | "connect" | "completion" | "adoption" | "abuse";
export type Standing = "well" | "miss" | "none";

const AIMS: Record<TargetName, (value: number) => boolean> = {
  errors: (rate) => rate < 0.001,
  p95: (seconds) => seconds < 0.5,
  connect: (rate) => rate > 0.8,
  completion: (rate) => rate > 0.9,
  adoption: (rate) => rate > 0.5,
  abuse: (rate) => rate < 0.01,
};

export function standingOf(name: TargetName, value: number | null): Standing {
  if (value === null) return "none";
  return AIMS[name](value) ? "well" : "miss";
}

export function figureOf(name: TargetName, seen: Overview): number | null {
  switch (name) {
    case "errors":
      return seen.errorRate;
    case "p95":
      return seen.p95Seconds;
    case "connect":
      return seen.funnel.connectRate;
    case "completion":
      return seen.funnel.completionRate;
    case "adoption":
      return seen.people.adoptionRate;
    case "abuse":
      return seen.people.abuseRate;
  }
}

export type Verdict = { readonly word: "well" | "look" | "down"; readonly names: readonly string[] };

/** Fewer requests than these say nothing about a rate of one in a thousand, or about the slowest of twenty. */
export const REQUESTS_TO_JUDGE = 100;

/** The answer to "is it well": what is down, else what wants a look. A part that is not in use is nobody's worry. */
export function verdictOf(seen: Overview): Verdict {
  const named = (state: string) => seen.parts.filter((part) => part.state === state).map((part) => part.name);
  const down = named("down");
  if (down.length > 0) return { word: "down", names: down };
  const figures =
    seen.requests >= REQUESTS_TO_JUDGE &&
    (standingOf("errors", seen.errorRate) === "miss" || standingOf("p95", seen.p95Seconds) === "miss");
  const look = [...named("degraded"), ...(figures ? ["figures"] : [])];
  return { word: look.length > 0 ? "look" : "well", names: look };
}
