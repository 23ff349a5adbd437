// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused } from "../../../lib/api/refusal";
import * as push from "../../../lib/push/browser";
import RingWhenClosed from "./RingWhenClosed";

vi.mock("../../../lib/push/browser");
vi.mock("../../../lib/session/useSession", () => ({ useSession: () => ({ user: { id: "sam-id" } }) }));

const told = vi.fn();
const box = () => screen.getByLabelText("Ring me when this page is closed") as HTMLInputElement;

async function shown(state: push.Ringing, may: push.Able = "able") {
  vi.mocked(push.able).mockReturnValue(may);
  vi.mocked(push.ringing).mockResolvedValue(state);
  vi.mocked(push.discreet).mockResolvedValue(false);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RingWhenClosed onSaved={told} />
    </QueryClientProvider>,
  );
  if (may === "able") await waitFor(() => expect(push.ringing).toHaveBeenCalled());
}

beforeEach(() => void told.mockReset());
afterEach(cleanup);

test("switched on, it says so and what it means, and offers to keep names away", async () => {
  await shown("off");
  await waitFor(() => expect(box().disabled).toBe(false));
  screen.getByText(/you do not hear that somebody calls/);
  vi.mocked(push.turnOn).mockImplementation(async () => {
    vi.mocked(push.ringing).mockResolvedValue("on");
    return "on";
  });
  fireEvent.click(box());
  await waitFor(() =>
    expect(told).toHaveBeenCalledWith("Saved. This browser rings when the page is closed."),
  );
  expect(push.turnOn).toHaveBeenCalledWith("sam-id");
  const hide = await screen.findByLabelText("Keep names off the screen");
  fireEvent.click(hide);
  await waitFor(() => expect(vi.mocked(push.setDiscreet).mock.calls[0]?.[0]).toBe(true));
});

test("a browser that forbids it: what to press, and no switch that does nothing", async () => {
  await shown("denied");
  await screen.findByText(/Press the sign left of the address/);
  expect(box().disabled).toBe(true);
});

test("a question that was closed without an answer is no error, and nothing is on", async () => {
  await shown("off");
  await waitFor(() => expect(box().disabled).toBe(false));
  vi.mocked(push.turnOn).mockResolvedValue("off");
  fireEvent.click(box());
  await screen.findByText(/You did not decide yet/);
  expect([box().checked, told.mock.calls]).toEqual([false, []]);
});

test.each([
  ["the service", new Refused(503, { code: "UNAVAILABLE", error: "The service is away." }), /service/i],
  ["the browser's push service", new DOMException("", "AbortError"), /could not be registered/],
])("a failure of %s takes the choice back and says so", async (_, fault, said) => {
  await shown("off");
  await waitFor(() => expect(box().disabled).toBe(false));
  vi.mocked(push.turnOn).mockRejectedValue(fault);
  fireEvent.click(box());
  await screen.findByText(said);
  expect([box().checked, told.mock.calls]).toEqual([false, []]);
});

test.each([
  ["never", /cannot ring for a page that is closed/],
  ["install", /add this page to the home screen/],
] as const)("a browser that is %s able says so in place of the switch", async (may, said) => {
  await shown("off", may);
  screen.getByText(said);
  expect(screen.queryByRole("checkbox")).toBeNull();
});
