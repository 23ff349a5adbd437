/** The service worker at /sw.js. It rings for a closed page; it keeps no page offline and touches no request. */
import { arrived, moved, pressed } from "./deeds";
import type { OverPush, RingPush } from "./notices";
import type { WorkerScope } from "./scope";

export function begin(scope: WorkerScope): void {
  scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
  scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
  scope.addEventListener("push", (event) => {
    const push = event.data?.json() as RingPush | OverPush | undefined;
    if (push) event.waitUntil(arrived(scope, push));
  });
  scope.addEventListener("notificationclick", (event) =>
    event.waitUntil(pressed(scope, event.action, event.notification)),
  );
  scope.addEventListener("pushsubscriptionchange", (event) =>
    event.waitUntil(moved(scope, event.newSubscription ?? null)),
  );
}
