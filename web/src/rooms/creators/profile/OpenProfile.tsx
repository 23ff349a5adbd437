/** The profile as the service answers it, ready to be acted on; gone when the fan may no longer be seen. */
import { ActionIcon, Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, ask } from "../../../lib/api/client";
import { useWords } from "../../../lib/i18n/words";
import { CloseIcon } from "../../../ui/icons";
import { RingButtons } from "../RingButtons";
import { FanMiniProfile } from "./FanMiniProfile";
import styles from "./Profile.module.css";
import type { BlockFan } from "./useBlockFan";
import { profileWords } from "./words";

type OpenProps = { fanId: string; nameId: string; block: BlockFan; onClose: () => void };

export default function OpenProfile({ fanId, nameId, block, onClose }: OpenProps) {
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
    if (known) document.getElementById(nameId)?.focus();
  }, [known, nameId]);
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
        <p id={nameId} className={styles.quiet} role="status">
          {say("gone")}
        </p>
      )}
      {known && (
        <FanMiniProfile
          profile={profile}
          nameId={nameId}
          ring={<RingButtons fan={profile} callAgainAt={profile.callAgainAt} />}
        >
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
