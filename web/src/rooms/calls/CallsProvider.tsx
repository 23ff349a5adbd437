/** Gives every screen the one desk of this page, and draws the call over whatever else is shown. */
import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { useRealtime } from "../../app/LiveProvider";
import { storedSession } from "../../lib/session/store";
import { useSession } from "../../lib/session/useSession";
import type { CallDesk } from "./desk/desk";
import { type DeskView, EMPTY, screenOf } from "./desk/view";

const loadStage = () => import("./CallStage");
const CallStage = lazy(loadStage);

/** Fetched when the page has nothing better to do, so that a ring finds its screen already here. */
const whenIdle: (work: () => void) => void =
  typeof requestIdleCallback === "function"
    ? (work) => requestIdleCallback(work)
    : (work) => setTimeout(work, 1000);
const DeskContext = createContext<CallDesk | null>(null);

/** Null while nobody is signed in or the connection is being made. */
export const useDesk = () => useContext(DeskContext);

const nothing = () => () => {};
const empty = () => EMPTY;

export function useDeskView(): DeskView {
  const desk = useDesk();
  return useSyncExternalStore(desk?.subscribe ?? nothing, desk?.view ?? empty);
}

function Stage() {
  const view = useDeskView();
  if (screenOf(view).kind === "nothing" && !view.notice) return null;
  return (
    <Suspense>
      <CallStage />
    </Suspense>
  );
}

/** A session that ended elsewhere (another tab, or the service said so) leaves nobody to ring for here. */
function useSilenceOnSignOut(userId: string | undefined): void {
  const before = useRef(userId);
  useEffect(() => {
    if (before.current && !userId && !storedSession())
      void import("../../lib/push/browser").then(({ stopHere }) => stopHere()).catch(() => undefined);
    before.current = userId;
  }, [userId]);
}

export function CallsProvider({ children }: { children: ReactNode }) {
  const realtime = useRealtime();
  const { user, demo } = useSession();
  const client = useQueryClient();
  const [desk, setDesk] = useState<CallDesk | null>(null);
  const userId = user?.id;
  useSilenceOnSignOut(userId);
  const displayName = user?.displayName ?? "";

  useEffect(() => {
    if (!realtime || !userId) return;
    let left = false;
    let opened: CallDesk | null = null;
    const onSettled = () => {
      for (const key of ["wallet", "calls", "fans", "today"])
        void client.invalidateQueries({ queryKey: [key] });
    };
    void Promise.all([import("./desk/desk"), import("./desk/http")]).then(([{ CallDesk }, { callsHttp }]) => {
      if (left) return;
      opened = new CallDesk({ userId, displayName, standIns: demo, realtime, http: callsHttp, onSettled });
      setDesk(opened);
      whenIdle(() => {
        void loadStage();
        void import("../../lib/push/browser")
          .then(({ keepRinging }) => keepRinging(userId))
          .catch(() => undefined);
      });
    });
    return () => {
      left = true;
      opened?.close();
      setDesk(null);
    };
  }, [realtime, userId, displayName, demo, client]);

  return (
    <DeskContext value={desk}>
      {children}
      {desk && <Stage />}
    </DeskContext>
  );
}
