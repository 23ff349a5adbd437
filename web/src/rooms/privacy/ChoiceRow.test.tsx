// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Fan } from "../../lib/api/types";
import { useMyFan } from "../../lib/queries/fan";
import { ChoiceRow } from "./ChoiceRow";
import { useShown } from "./useSettings";

const saved: Fan = {
  id: "00000000-0000-4000-8000-000000000001",
  username: "sam",
  displayName: "Sam",
  avatarUrl: null,
  visibility: "private",
  allowDm: "interacted",
  allowCalls: "interacted",
  searchable: false,
  quietFrom: null,
  quietUntil: null,
  timezone: "UTC",
};

/** A service whose PATCH answers when it is told to. */
function service() {
  const answers: ((status: number) => void)[] = [];
  const sent: unknown[] = [];
  let fan = saved;
  const json = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method !== "PATCH") return json(200, { ok: true, fan, relationships: [], events: [] });
    const body = (await request.json()) as Partial<Fan>;
    sent.push(body);
    return new Promise<Response>((resolve) =>
      answers.push((status) => {
        if (status === 200) fan = { ...fan, ...body };
        const refusal = { ok: false, code: "SERVICE_UNAVAILABLE", error: "", timestamp: "", requestId: "" };
        resolve(status === 200 ? json(200, { ok: true, fan }) : json(status, refusal));
      }),
    );
  });
  const answer = (status: number) =>
    waitFor(() => expect(answers.length).toBeGreaterThan(0)).then(() => answers.shift()?.(status));
  return { answer, sent };
}

const told: { text: string; undo: () => void }[] = [];

function Row() {
  const fan = useShown(useMyFan().data);
  return fan ? (
    <ChoiceRow row="allowCalls" fan={fan} onSaved={(text, undo) => told.push({ text, undo })} />
  ) : null;
}

const choice = (name: string) => screen.getByRole("radio", { name: new RegExp(name) }) as HTMLInputElement;

async function shown() {
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <Row />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByRole("group", { name: "Who can call me" });
}

beforeEach(() => {
  told.length = 0;
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("a choice is shown at once, stays when it was saved, and can be undone", async () => {
  const { answer, sent } = service();
  await shown();
  fireEvent.click(choice("No creator"));
  expect(choice("No creator").checked).toBe(true);
  expect(told).toEqual([]);

  await answer(200);
  await waitFor(() => expect(told[0]?.text).toBe("Saved. Who can call me: No creator."));
  expect(choice("No creator").checked).toBe(true);

  told[0]?.undo();
  await waitFor(() => expect(choice("Creators I know").checked).toBe(true));
  await answer(200);
  await waitFor(() => expect(told).toHaveLength(2));
  expect(sent).toEqual([{ allowCalls: "nobody" }, { allowCalls: "interacted" }]);
});

test("a choice that was not saved springs back and says so", async () => {
  const { answer } = service();
  await shown();
  fireEvent.click(choice("No creator"));
  await waitFor(() => expect(choice("No creator").checked).toBe(true));

  await answer(503);
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("This was not saved. Creators I know still holds.");
  expect(choice("Creators I know").checked).toBe(true);
  expect(told).toEqual([]);
});

test("two quick choices end as the last one, saved in that order", async () => {
  const { answer, sent } = service();
  await shown();
  fireEvent.click(choice("No creator"));
  fireEvent.click(choice("Everyone who can see me"));
  await waitFor(() => expect(choice("Everyone who can see me").checked).toBe(true));
  await answer(200);
  expect(choice("Everyone who can see me").checked).toBe(true);
  await answer(200);
  await waitFor(() => expect(told).toHaveLength(2));
  expect(choice("Everyone who can see me").checked).toBe(true);
  expect(sent).toEqual([{ allowCalls: "nobody" }, { allowCalls: "everyone" }]);
});
