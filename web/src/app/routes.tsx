/**
 * The one table of pages. A room adds a line: where it is, who may see it, and its page, which is loaded only when
 * somebody goes there. A line with `nav` also appears in the navigation, in this order.
 */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { MessagesNavIcon } from "../rooms/messages/NavIcon";
import { ClockIcon, HomeIcon, PeopleIcon, PulseIcon, ShieldIcon, WalletIcon } from "../ui/icons";
import type english from "./words/en";

export type Audience = "anyone" | "signed-in" | "creator" | "operator";
type NavLabel = Extract<keyof typeof english, `nav.${string}`>;

export type RouteLine = {
  readonly path: string;
  readonly page: LazyExoticComponent<ComponentType>;
  readonly audience: Audience;
  /** Fills the window without header and navigation. */
  readonly bare?: true;
  readonly nav?: {
    readonly label: NavLabel;
    readonly icon: ComponentType<{ size?: number }>;
    /** Who sees the link; by default everybody who may see the page. */
    readonly only?: "creator" | "fan" | "operator";
  };
};

export const ROUTES: readonly RouteLine[] = [
  {
    path: "/",
    page: lazy(() => import("../rooms/home/Home")),
    audience: "anyone",
    nav: { label: "nav.home", icon: HomeIcon, only: "fan" },
  },
  {
    path: "/dashboard",
    page: lazy(() => import("../rooms/creators/Dashboard")),
    audience: "creator",
    nav: { label: "nav.dashboard", icon: PeopleIcon, only: "creator" },
  },
  {
    path: "/calls",
    page: lazy(() => import("../rooms/calls/history/History")),
    audience: "signed-in",
    nav: { label: "nav.calls", icon: ClockIcon },
  },
  {
    path: "/messages",
    page: lazy(() => import("../rooms/messages/Messages")),
    audience: "signed-in",
    nav: { label: "nav.messages", icon: MessagesNavIcon },
  },
  {
    path: "/messages/:userId",
    page: lazy(() => import("../rooms/messages/Messages")),
    audience: "signed-in",
  },
  {
    path: "/wallet",
    page: lazy(() => import("../rooms/wallet/Wallet")),
    audience: "signed-in",
    nav: { label: "nav.wallet", icon: WalletIcon },
  },
  {
    path: "/settings/privacy",
    page: lazy(() => import("../rooms/privacy/FanPrivacySettings")),
    audience: "signed-in",
    nav: { label: "nav.privacy", icon: ShieldIcon, only: "fan" },
  },
  {
    path: "/ops",
    page: lazy(() => import("../rooms/ops/Ops")),
    audience: "operator",
    nav: { label: "nav.ops", icon: PulseIcon, only: "operator" },
  },
  { path: "/erased", page: lazy(() => import("../rooms/privacy/Erased")), audience: "anyone" },
  {
    path: "/creator/:username",
    page: lazy(() => import("../rooms/creators/page/CreatorPage")),
    audience: "anyone",
  },
  { path: "/:handle", page: lazy(() => import("../rooms/creators/page/AtPage")), audience: "anyone" },
  { path: "/c/:token", page: lazy(() => import("../rooms/cards/FanShareCardPublic")), audience: "anyone" },
  { path: "/signin", page: lazy(() => import("../rooms/account/SignIn")), audience: "anyone" },
  { path: "/demo", page: lazy(() => import("../rooms/demo/Demo")), audience: "anyone", bare: true },
];

/** Links lead only to pages this build has. */
export const pageExists = (path: string) => ROUTES.some((line) => line.path === path);
