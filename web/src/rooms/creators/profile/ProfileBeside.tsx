/** The profile that `?fan=` names: beside the list where there is room, else in a sheet above it. */
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";
import { useSession } from "../../../lib/session/useSession";
import { Sheet } from "../../../ui/Sheet";
import { useDeskView } from "../../calls/CallsProvider";
import styles from "./Profile.module.css";
import type { BlockFan } from "./useBlockFan";

const OpenProfile = lazy(() => import("./OpenProfile"));
const NAME_ID = "profile-name";

/** Null: none is open, or profiles are switched off. */
export function useOpenProfile(): [string | null, (fanId: string | null) => void] {
  const [search, setSearch] = useSearchParams();
  const { flags } = useSession();
  const open = flags?.FEATURE_FAN_MINI_PROFILE ? search.get("fan") : null;
  return [open, (fanId) => setSearch(fanId ? { fan: fanId } : {}, { preventScrollReset: true })];
}

export function ProfileBeside({ block }: { block: BlockFan }) {
  const [fanId, open] = useOpenProfile();
  const wide = useMediaQuery("(min-width: 60rem)", undefined, { getInitialValueInEffect: false });
  const desk = useDeskView();
  // A call fills the screen; the sheet must not lie over it.
  const busy = desk.carrying !== null || desk.closing !== null;
  if (!fanId) return null;
  const close = () => {
    open(null);
    document.querySelector<HTMLElement>(`[data-profile-of="${CSS.escape(fanId)}"]`)?.focus();
  };
  const profile = (
    <Suspense>
      <OpenProfile key={fanId} fanId={fanId} nameId={NAME_ID} block={block} onClose={close} />
    </Suspense>
  );
  if (wide)
    return (
      <section className={styles.beside} aria-labelledby={NAME_ID}>
        {profile}
      </section>
    );
  return busy ? null : (
    <Sheet labelledBy={NAME_ID} onEscape={close}>
      {profile}
    </Sheet>
  );
}
