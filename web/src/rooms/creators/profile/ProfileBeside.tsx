/** The profile that `?fan=` names: beside the list where there is room, else in a sheet above it. */
import { ActionIcon, Button, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useSearchParams } from "react-router";
import { api, ask } from "../../../lib/api/client";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { CloseIcon } from "../../../ui/icons";
import { Sheet } from "../../../ui/Sheet";
import { useDeskView } from "../../calls/CallsProvider";
import { FanMiniProfile } from "./FanMiniProfile";
import styles from "./Profile.module.css";
import type { BlockFan } from "./useBlockFan";
import { profileWords } from "./words";

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
  const profile = <Profile key={fanId} fanId={fanId} block={block} onClose={close} />;
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

function Profile({ fanId, block, onClose }: { fanId: string; block: BlockFan; onClose: () => void }) {
  const say = useWords(profileWords);
  const query = useQuery({
    queryKey: ["fans", "profile", fanId],
    queryFn: async () =>
      (await ask(api.GET("/api/fans/{fan_id}/mini-profile", { params: { path: { fan_id: fanId } } })))
        .profile,
  });
  const { data: profile, isError } = query;
  const known = profile !== undefined && !isError;
  useEffect(() => {
    if (known) document.getElementById(NAME_ID)?.focus();
  }, [known]);
  return (
    <>
      <ActionIcon
        className={styles.close ?? ""}
        variant="subtle"
        color="gray"
        size="lg"
        onClick={onClose}
        aria-label={say("close")}
      >
        <CloseIcon size={18} />
      </ActionIcon>
      {query.isPending && <Skeleton height={180} radius="lg" />}
      {isError && (
        <p id={NAME_ID} className={styles.quiet} role="status">
          {say("gone")}
        </p>
      )}
      {known && (
        <FanMiniProfile profile={profile} nameId={NAME_ID}>
          <Button
            variant="subtle"
            color="gray"
            size="compact-md"
            className={styles.block ?? ""}
            aria-label={say("blockWho", { name: profile.displayName })}
            onClick={() => {
              block(profile, true);
              onClose();
            }}
          >
            {say("block")}
          </Button>
        </FanMiniProfile>
      )}
    </>
  );
}
