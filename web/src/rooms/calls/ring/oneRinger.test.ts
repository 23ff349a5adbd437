import { beforeEach, expect, test } from "vitest";
import { OneRinger } from "./oneRinger";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** One browser: its locks are granted in turn, what is said in one tab is heard in all others. */
class Tabs {
  private held = false;
  private waiting: (() => void)[] = [];
  private readonly channels = new Set<Pick<BroadcastChannel, "onmessage">>();
  tabs: OneRinger[] = [];

  locks = {
    request: async (_name: string, options: LockOptions, run: () => Promise<void> | undefined) => {
      while (this.held) await new Promise<void>((go) => this.waiting.push(go));
      if (options.signal?.aborted) throw new DOMException("", "AbortError");
      this.held = true;
      await run();
      this.held = false;
      for (const go of this.waiting.splice(0)) go();
    },
  } as unknown as Pick<LockManager, "request">;

  open(locks = true): OneRinger {
    const channel = () => {
      const mine = {
        onmessage: null as BroadcastChannel["onmessage"],
        postMessage: (data: unknown) => {
          for (const other of this.channels)
            if (other !== mine) other.onmessage?.call(other as BroadcastChannel, { data } as MessageEvent);
        },
        close: () => void this.channels.delete(mine),
      };
      this.channels.add(mine);
      return mine;
    };
    const tab = new OneRinger("ring", () => {}, { ...(locks ? { locks: this.locks } : {}), channel });
    this.tabs.push(tab);
    return tab;
  }
  who = () => this.tabs.map(({ mine, others }) => (mine ? "rings" : others ? "quiet" : "asks"));
}

let tabs: Tabs;
beforeEach(() => {
  tabs = new Tabs();
});

test("of three tabs that may, one rings, and the others know", async () => {
  for (const tab of [tabs.open(), tabs.open(), tabs.open()]) tab.can(true);
  await settle();
  expect(tabs.who().sort()).toEqual(["quiet", "quiet", "rings"]);
});

test("a tab that may make no sound does not keep one silent that may", async () => {
  const [mute, able] = [tabs.open(), tabs.open()];
  mute.can(false);
  able.can(true);
  await settle();
  expect(tabs.who()).toEqual(["quiet", "rings"]);
});

test("a tab that is opened later learns that it is heard already", async () => {
  tabs.open().can(true);
  await settle();
  tabs.open();
  await settle();
  expect(tabs.who()).toEqual(["rings", "quiet"]);
});

test("when the one that rings is closed, or loses its sound, the next one rings", async () => {
  const [first, second, third] = [tabs.open(), tabs.open(), tabs.open()];
  for (const tab of [first, second, third]) tab.can(true);
  await settle();
  first.close();
  await settle();
  await settle();
  expect(second.mine !== third.mine).toBe(true);
  const [now, other] = second.mine ? [second, third] : [third, second];
  now.can(false);
  await settle();
  await settle();
  expect([now.mine, other.mine, now.others]).toEqual([false, true, true]);
});

test("where nobody may, every tab asks for a touch", async () => {
  tabs.open();
  tabs.open().can(false);
  await settle();
  expect(tabs.who()).toEqual(["asks", "asks"]);
});
