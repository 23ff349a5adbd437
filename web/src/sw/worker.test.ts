import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { takeIntent } from "../lib/push/intent";
import { forget, recall, remember } from "../lib/push/shelf";
import type { NoticeData, NoticePressed, WorkerScope } from "./scope";
import { begin } from "./worker";

/** Cache Storage as far as the shelf uses it. */
class Caches {
  private readonly kept = new Map<string, string>();
  open = async () => ({
    match: async (key: string) => {
      const text = this.kept.get(key);
      return text === undefined ? undefined : new Response(text);
    },
    put: async (key: string, value: Response) => void this.kept.set(key, await value.text()),
    delete: async (key: string) => this.kept.delete(key),
  });
}

type Note = {
  tag: string;
  title: string;
  options: NotificationOptions & { data: NoticeData };
  close(): void;
};

/** A browser whose pages are closed, unless a test opens one. */
class FakeBrowser {
  notes: Note[] = [];
  opened: string[] = [];
  pages: { url: string; focused: boolean; frameType: string; told: unknown[] }[] = [];
  subscribed: object[] = [];
  private readonly listeners = new Map<string, (event: never) => void>();

  constructor() {
    const scope = {
      location: { origin: "https://stage.example" },
      navigator: { language: "en-GB" },
      registration: {
        showNotification: async (title: string, options: Note["options"] & { tag: string }) => {
          this.notes = this.notes.filter((note) => note.tag !== options.tag);
          const note: Note = {
            tag: options.tag,
            title,
            options,
            close: () => {
              this.notes = this.notes.filter((one) => one !== note);
            },
          };
          this.notes.push(note);
        },
        getNotifications: async ({ tag }: { tag: string }) =>
          this.notes
            .filter((note) => note.tag === tag)
            .map((note) => ({ tag, data: note.options.data, close: note.close })),
        pushManager: {
          subscribe: async (options: object) => {
            this.subscribed.push(options);
            return subscription("https://push.example/new");
          },
        },
      },
      clients: {
        matchAll: async () =>
          this.pages.map((page) => ({
            ...page,
            focus: async () => {
              page.focused = true;
            },
            postMessage: (message: unknown) => page.told.push(message),
          })),
        openWindow: async (url: string) => void this.opened.push(url),
        claim: async () => {},
      },
      skipWaiting: async () => {},
      addEventListener: (name: string, run: (event: never) => void) => this.listeners.set(name, run),
    };
    begin(scope as unknown as WorkerScope);
  }

  open(url: string, focused = false, frameType = "top-level") {
    const page = { url, focused, frameType, told: [] as unknown[] };
    this.pages.push(page);
    return page;
  }

  async happens(name: string, event: object): Promise<void> {
    let work: Promise<unknown> = Promise.resolve();
    const waitUntil = (promise: Promise<unknown>) => {
      work = promise;
    };
    this.listeners.get(name)?.({ ...event, waitUntil } as never);
    await work;
  }

  push = (payload: object) => this.happens("push", { data: { json: () => payload } });

  async press(action: string): Promise<void> {
    const note = this.notes.at(-1);
    if (!note) throw new Error("nothing is shown");
    const notification: NoticePressed["notification"] = {
      tag: note.tag,
      data: note.options.data,
      close: note.close,
    };
    await this.happens("notificationclick", { action, notification });
  }
}

const subscription = (endpoint: string) => ({
  toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: "point", auth: "secret" } }),
});

const ring = (change: object = {}) => ({
  type: "call:incoming",
  callId: "call-1",
  creatorId: "mia-id",
  creatorName: "Mia",
  creatorAvatar: null,
  callType: "video",
  expiresAt: new Date(Date.now() + 120_000).toISOString(),
  tokensPerMinute: 12,
  declineToken: "pass",
  ...change,
});
const over = (outcome: string, callId = "call-1") => ({ type: "call:over", callId, outcome });

let browser: FakeBrowser;
const answers = vi.fn<(url: string, request: RequestInit) => Promise<Response>>();

beforeEach(() => {
  vi.stubGlobal("caches", new Caches());
  vi.stubGlobal("fetch", answers);
  answers.mockReset().mockResolvedValue(new Response("{}"));
  browser = new FakeBrowser();
});
afterEach(() => vi.unstubAllGlobals());

describe("a ring", () => {
  test("says who, what and the price, stays until it is answered, and can be accepted or declined", async () => {
    await browser.push(ring());
    expect(browser.notes).toHaveLength(1);
    const [{ title, options }] = browser.notes as [Note];
    expect(title).toBe("Mia is calling");
    expect(options).toMatchObject({
      tag: "call-1",
      body: "Video · 12 tokens a minute",
      requireInteraction: true,
      actions: [
        { action: "accept", title: "Accept, camera off" },
        { action: "decline", title: "Decline" },
      ],
    });
  });

  test("names nobody where no names are wanted, not even in what is left of it", async () => {
    await remember("choices", { discreet: true, language: "de" });
    await browser.push(ring({ creatorAvatar: "https://cdn.example/mia.jpg" }));
    const [{ title, options }] = browser.notes as [Note];
    expect(title).toBe("Du wirst angerufen");
    expect(JSON.stringify(options)).not.toMatch(/mia/i);
    await browser.push(over("missed"));
    expect(JSON.stringify(browser.notes)).not.toMatch(/mia/i);
  });

  test("is left to the page that somebody looks at, but not to one behind it or to the demo", async () => {
    browser.open("https://stage.example/demo", true);
    browser.open("https://stage.example/", true, "nested");
    const page = browser.open("https://stage.example/wallet");
    await browser.push(ring());
    expect(browser.notes).toHaveLength(1);
    page.focused = true;
    await browser.push(ring({ callId: "call-2" }));
    expect(browser.notes.map((note) => note.tag)).toEqual(["call-1"]);
  });

  test("that comes after its own end is not shown; one that comes far too late was missed", async () => {
    await browser.push(over("cancelled"));
    await browser.push(ring());
    expect(browser.notes).toEqual([]);
    await browser.push(ring({ callId: "late", expiresAt: new Date(Date.now() - 120_000).toISOString() }));
    expect(browser.notes.map(({ title, options }) => [title, options.silent])).toEqual([
      ["You missed a call", true],
    ]);
  });
});

describe("the end of a ring", () => {
  test.each(["answered", "declined", "cancelled"])("%s: it is gone, and only that one", async (outcome) => {
    await browser.push(ring());
    await browser.push(ring({ callId: "call-2" }));
    await browser.push(over(outcome));
    expect(browser.notes.map((note) => note.tag)).toEqual(["call-2"]);
  });

  test("missed leaves a quiet word in its place that leads to the calls; of what was never shown, none", async () => {
    await browser.push(ring());
    await browser.push(over("missed"));
    await browser.push(over("missed", "never-shown"));
    expect(
      browser.notes.map(({ tag, title, options }) => [tag, title, options.body, options.silent]),
    ).toEqual([["call-1", "You missed a call", "Mia rang you.", true]]);
    await browser.press("");
    expect(browser.opened).toEqual(["/calls"]);
  });
});

describe("what is pressed", () => {
  test("Decline declines with the pass of the ring, and opens nothing", async () => {
    await browser.push(ring());
    await browser.press("decline");
    expect(answers).toHaveBeenCalledOnce();
    const [url, request] = answers.mock.calls[0] as [string, RequestInit];
    expect([url, request.method, request.credentials]).toEqual(["/api/calls/decline-pushed", "POST", "omit"]);
    expect(JSON.parse(String(request.body))).toEqual({ callId: "call-1", token: "pass" });
    expect([browser.notes, browser.opened]).toEqual([[], []]);
  });

  test.each([
    ["the network is away", () => Promise.reject(new TypeError("offline")), ["/"]],
    ["the service stumbles", async () => new Response("", { status: 503 }), ["/"]],
    ["too many asked", async () => new Response("", { status: 429 }), ["/"]],
    ["the call is over", async () => new Response("", { status: 410 }), []],
  ])("Decline when %s", async (_, answer, opened) => {
    answers.mockImplementation(answer);
    await browser.push(ring());
    await browser.press("decline");
    expect(browser.opened).toEqual(opened);
  });

  test("Accept opens a page with the intention to accept, which one page takes once", async () => {
    await browser.push(ring());
    await browser.press("accept");
    expect(browser.opened).toEqual(["/"]);
    expect(await takeIntent("another")).toBe(false);
    const pages = await Promise.all([takeIntent("call-1"), takeIntent("call-1")]);
    expect(pages.filter(Boolean)).toHaveLength(1);
  });

  test("an old intention, or one for a call that is over, is not carried out", async () => {
    await remember("intent", { callId: "call-1", at: Date.now() - 121_000 });
    expect(await takeIntent("call-1")).toBe(false);
    await remember("intent", { callId: "call-1", at: Date.now() });
    await browser.push(over("cancelled"));
    expect(await takeIntent("call-1")).toBe(false);
  });

  test("the notice itself leads to the page that is open, and accepts nothing", async () => {
    const page = browser.open("https://stage.example/wallet");
    await browser.push(ring());
    await browser.press("");
    expect([page.focused, page.told, browser.opened]).toEqual([true, [{ type: "stagedoor:look" }], []]);
    expect(await takeIntent("call-1")).toBe(false);
  });
});

describe("a subscription that the browser replaced", () => {
  const kept = {
    userId: "sam-id",
    endpoint: "https://push.example/old",
    publicKey: "key",
    renewToken: "renew",
  };

  test("is made anew with the same key, and told with its pass", async () => {
    await remember("push", kept);
    answers.mockResolvedValue(Response.json({ subscription: { active: true, renewToken: "next" } }));
    await browser.happens("pushsubscriptionchange", {});
    expect(browser.subscribed).toEqual([{ userVisibleOnly: true, applicationServerKey: "key" }]);
    const [url, request] = answers.mock.calls[0] as [string, RequestInit];
    expect(url).toBe("/api/push/renewal");
    expect(JSON.parse(String(request.body))).toEqual({
      token: "renew",
      before: "https://push.example/old",
      endpoint: "https://push.example/new",
      expirationTime: null,
      keys: { p256dh: "point", auth: "secret" },
    });
    expect(await recall("push")).toEqual({
      ...kept,
      endpoint: "https://push.example/new",
      renewToken: "next",
    });
  });

  test("of somebody who signed out stays gone", async () => {
    await forget("push");
    await browser.happens("pushsubscriptionchange", {
      newSubscription: subscription("https://push.example/new"),
    });
    expect([browser.subscribed, answers.mock.calls]).toEqual([[], []]);
  });
});
