// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Announcement } from "./Announcement";

let told: { id: number; kind: string; text: string; at: string } | null;

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("fetch", async () => {
    return new Response(JSON.stringify({ ok: true, announcement: told }), {
      headers: { "Content-Type": "application/json" },
    });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function open() {
  return render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <Announcement userId="sam" />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const news = (id: number, kind: string) => ({ id, kind, text: "in English", at: "2026-03-01T20:00:00Z" });

test("what is closed stays closed on this device, and what comes after is told", async () => {
  told = news(7, "calls");
  open();
  expect((await screen.findByRole("status")).textContent).toMatch(/can now call you/);
  fireEvent.click(screen.getByRole("button", { name: "Close this message" }));
  expect(screen.queryByRole("status")).toBeNull();
  cleanup();
  const again = open();
  await new Promise((later) => setTimeout(later, 20));
  expect(screen.queryByRole("status")).toBeNull();
  again.unmount();
  told = news(8, "paused");
  open();
  await waitFor(() => expect(screen.getByRole("status").textContent).toMatch(/paused a new feature/));
});

test("where there is nothing to tell, nothing is there", async () => {
  told = null;
  const { container } = open();
  await new Promise((later) => setTimeout(later, 20));
  expect(container.querySelector("[role=status], button")).toBeNull();
});
