import { expect, test } from "vitest";
import { pathOf } from "./Qr";

test("neighbouring dark modules are one run, also at the end of a row", () => {
  const rows = [
    [true, true, false, true],
    [false, false, true, true],
  ];
  expect(pathOf(rows)).toBe("M0 0h2v1H0zM3 0h1v1H3zM2 1h2v1H2z");
});
