// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { keepSession } from "../../lib/session/store";
import { useSoftAuth } from "./useSoftAuth";

const SAM = { id: "1", username: "sam", displayName: "Sam", avatarUrl: null, roles: ["fan"] };
const SESSION = { token: "a.b.c", expiresAt: "2999-01-01T00:00:00Z" };
const done: string[] = [];

function Page() {
  const { want, dialog } = useSoftAuth<string>(
    (intent) => done.push(intent),
    (intent) => `Sign in to ${intent}.`,
  );
  return (
    <>
      <button type="button" onClick={() => want("follow")}>
        Follow
      </button>
      {dialog}
    </>
  );
}

// Fetched before, so that no test waits for it.
beforeAll(() => import("./SignInDialog"), 30_000);
beforeEach(() => {
  done.length = 0;
  keepSession(null);
  HTMLDialogElement.prototype.showModal ??= function showModal() {
    this.open = true;
  };
  vi.stubGlobal("fetch", async (request: Request) => {
    const signedIn = request.headers.get("Authorization") !== null;
    const body =
      request.method === "POST" ? { session: SESSION, user: SAM } : { user: signedIn ? SAM : null };
    const session = { flags: {}, realtime: { provider: "socketio" }, serverTime: new Date().toISOString() };
    return new Response(JSON.stringify({ ok: true, ...session, ...body }), {
      headers: { "Content-Type": "application/json" },
    });
  });
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <Page />
      </QueryClientProvider>
    </MantineProvider>,
  );
});
afterEach(() => {
  cleanup();
  keepSession(null);
  vi.unstubAllGlobals();
});

async function signIn() {
  fireEvent.change(await screen.findByLabelText("User name"), { target: { value: "sam" } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: "a good password" } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

test("what was wanted signed out is done after the sign-in, once", async () => {
  fireEvent.click(screen.getByText("Follow"));
  expect(await screen.findByText("Sign in to follow.")).toBeTruthy();
  expect(done).toEqual([]);

  await signIn();
  await waitFor(() => expect(done).toEqual(["follow"]));
  expect(screen.queryByRole("dialog")).toBeNull();

  keepSession(null);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(done).toEqual(["follow"]);
});

test("a closed dialog forgets the wish", async () => {
  fireEvent.click(screen.getByText("Follow"));
  fireEvent.click(await screen.findByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

  keepSession(SESSION);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(done).toEqual([]);
});

test("signed in, it is done without asking", async () => {
  keepSession(SESSION);
  await waitFor(async () => {
    fireEvent.click(screen.getByText("Follow"));
    expect(done.length).toBeGreaterThan(0);
  });
  expect(done.every((one) => one === "follow")).toBe(true);
});
