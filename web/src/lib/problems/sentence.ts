/** The only place where an error code becomes a sentence for people. */
import { Refused } from "../api/refusal";
import { clockText } from "../format";
import { defineWords } from "../i18n/words";
import english from "./en";

export const problemWords = defineWords(english, { de: () => import("./de") });

const isKnown = (code: string): code is keyof typeof english => code in english;

export function sentenceFor(problem: unknown): string {
  const { say } = problemWords;
  if (!(problem instanceof Refused)) return say("UNEXPECTED");
  const wait = problem.retryAfter;
  const missing = problem.details.missingTokens;
  switch (problem.code) {
    case "RATE_LIMITED":
      return wait ? say("RATE_LIMITED_FOR", { time: clockText(wait) }) : say("RATE_LIMITED");
    case "CALL_COOLDOWN":
      return say("CALL_COOLDOWN", { time: clockText(wait ?? 60) });
    case "INSUFFICIENT_TOKENS":
      return typeof missing === "number"
        ? say("INSUFFICIENT_TOKENS_MISSING", { count: missing })
        : say("INSUFFICIENT_TOKENS");
    case "RATE_LIMITED_FOR":
    case "INSUFFICIENT_TOKENS_MISSING":
      return problem.message;
  }
  if (isKnown(problem.code)) return (say as (key: string) => string)(problem.code);
  // A code this build does not know yet: the service's own sentence is safe to show.
  return problem.message || say(problem.status >= 500 ? "UNEXPECTED" : "REFUSED");
}
