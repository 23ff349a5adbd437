import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Refused } from "../../lib/api/refusal";
import english from "../../lib/problems/en";
import { sentenceFor } from "../../lib/problems/sentence";
import { troubleOf } from "./trouble";

const shared = readFileSync(
  new URL("../../../node_modules/@agora-js/shared/shared.d.ts", import.meta.url),
  "utf8",
);
const list = (name: string) => {
  const body = shared.match(new RegExp(`enum ${name} {([^}]*)}`))?.[1] ?? "";
  return [...body.matchAll(/= "([A-Z_]+)"/g)].map(([, code]) => code as string);
};

test("every error the SDK declares has a sentence of ours", () => {
  const codes = [...list("AgoraRTCErrorCode"), ...list("ConnectionDisconnectedReason")];
  expect(codes.length).toBeGreaterThan(60);
  for (const code of codes) {
    const trouble = troubleOf({ code, message: "AgoraRTCError" });
    expect(trouble.code in english, code).toBe(true);
    expect(sentenceFor(trouble)).toBe(english[trouble.code as keyof typeof english]);
  }
});

test("whatever else is thrown has one too, and a refusal of the service stays itself", () => {
  for (const fault of [null, "no", new Error("boom"), { code: 5 }])
    expect(troubleOf(fault).code).toBe("MEDIA_FAILED");
  const own = new Refused(410, { code: "CALL_ENDED", error: "This call is over." });
  expect(troubleOf(own)).toBe(own);
});
