/** What the service said in detail about a refusal: for operators, in its own words. */
import { Refused } from "../../lib/api/refusal";

export function ProblemDetails({ problem }: { problem: unknown }) {
  if (!(problem instanceof Refused)) return null;
  const messages = Object.values(problem.details)
    .map((detail) => (detail as { message?: unknown } | null)?.message)
    .filter((message): message is string => typeof message === "string");
  if (messages.length === 0) return null;
  return (
    <ul lang="en">
      {messages.map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  );
}
