/** What the worker uses of its global scope; the page's own types know nothing of a service worker's inside. */
export type Shown = {
  readonly tag: string;
  readonly data: NoticeData | null;
  close(): void;
};

export type NoticeData = {
  readonly kind: "ring" | "missed";
  readonly callId: string;
  readonly name: string;
  readonly declineToken: string;
};

export type Notice = NotificationOptions & {
  readonly tag: string;
  readonly data: NoticeData;
  readonly requireInteraction: boolean;
  readonly actions: readonly { readonly action: string; readonly title: string }[];
};

export type WindowClient = {
  readonly url: string;
  readonly focused: boolean;
  readonly frameType: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
};

type Waiting = { waitUntil(work: Promise<unknown>): void };
export type PushArrived = Waiting & { readonly data: { json(): unknown } | null };
export type NoticePressed = Waiting & { readonly action: string; readonly notification: Shown };
export type SubscriptionChanged = Waiting & { readonly newSubscription?: PushSubscription | null };

export type WorkerScope = {
  readonly location: { readonly origin: string };
  readonly navigator: { readonly language: string };
  readonly registration: {
    showNotification(title: string, options: Notice): Promise<void>;
    getNotifications(filter: { tag: string }): Promise<readonly Shown[]>;
    readonly pushManager: Pick<PushManager, "subscribe">;
  };
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<readonly WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", run: (event: Waiting) => void): void;
  addEventListener(name: "push", run: (event: PushArrived) => void): void;
  addEventListener(name: "notificationclick", run: (event: NoticePressed) => void): void;
  addEventListener(name: "pushsubscriptionchange", run: (event: SubscriptionChanged) => void): void;
};
