import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { readAgain } from "./readAgain";

test("an answer that was asked for before the change is not taken for the one after it", async () => {
  const client = new QueryClient();
  const answers: ((following: boolean) => void)[] = [];
  const observer = new QueryObserver(client, {
    queryKey: ["creators", "mia"],
    queryFn: () => new Promise<boolean>((resolve) => answers.push(resolve)),
  });
  const leave = observer.subscribe(() => undefined);

  const read = readAgain(client, ["creators"]);
  answers[0]?.(false);
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.(true);
  await read;
  expect(client.getQueryData(["creators", "mia"])).toBe(true);
  leave();
});
