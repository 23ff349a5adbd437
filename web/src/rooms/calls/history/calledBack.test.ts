import { expect, test } from "vitest";
import { aCall } from "../../../testing/calls";
import { calledBack } from "./calledBack";

const noor = { id: "noor-id", username: "noor", displayName: "Noor", avatarUrl: null };
const asked = aCall({ id: "asked", state: "declined", callBackAt: "2026-03-01T20:15:00Z" });

test("the next call of the same two is what became of it, not a later one, nor anybody else's", () => {
  const next = aCall({ id: "next", state: "ended" });
  const last = aCall({ id: "last" });
  const noors = aCall({ id: "noors", creator: noor });
  const earlier = aCall({ id: "earlier" });
  expect(calledBack([last, next, noors, asked, earlier], asked)).toBe(next);
  expect(calledBack([noors, asked, earlier], asked)).toBeNull();
});

test("where nobody asked to be called back, nothing became of it", () => {
  const plain = aCall({ id: "plain", state: "declined" });
  expect(calledBack([aCall({ id: "next" }), plain], plain)).toBeNull();
});
