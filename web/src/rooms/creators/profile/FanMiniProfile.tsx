/**
 * A fan as a creator sees her: who she is, what the creator may do, what they did together. What may not be done has
 * no button and no word. `still` draws the same without anything that can be pressed: a fan looking at herself.
 */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { MiniProfile } from "../../../lib/api/types";
import { day } from "../../../lib/format";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { Avatar } from "../../../ui/Avatar";
import { MessageIcon, PhoneIcon, VideoIcon } from "../../../ui/icons";
import { History } from "./History";
import styles from "./Profile.module.css";
import { profileWords } from "./words";

type ProfileProps = {
  profile: MiniProfile;
  /** What rings her; without it, what would ring her is only shown. */
  ring?: ReactNode;
  still?: boolean;
  nameId?: string;
  children?: ReactNode;
};

export function FanMiniProfile({ profile, ring, still = false, nameId, children }: ProfileProps) {
  const say = useWords(profileWords);
  const { flags } = useSession();
  const rings = profile.canCall && (flags?.FEATURE_CALLS ?? false);
  return (
    <div className={styles.profile}>
      <div className={styles.head}>
        <Avatar person={profile} size={72} />
        <div>
          <h3 id={nameId} tabIndex={-1}>
            {profile.displayName}
          </h3>
          <small>@{profile.username}</small>
          <small>{profile.since ? say("since", { date: day(profile.since) }) : say("stranger")}</small>
        </div>
      </div>
      {(rings || profile.canMessage) && (
        <div className={styles.may}>
          {rings && (still ? <StillRing /> : ring)}
          {profile.canMessage && <MessageButton profile={profile} still={still} />}
        </div>
      )}
      <History history={profile.history} />
      {children}
    </div>
  );
}

function MessageButton({ profile, still }: { profile: MiniProfile; still: boolean }) {
  const say = useWords(profileWords);
  const icon = <MessageIcon size={18} />;
  if (still)
    return (
      <Button component="span" variant="default" leftSection={icon} className={styles.still ?? ""}>
        {say("message")}
      </Button>
    );
  const { id, username, displayName, avatarUrl } = profile;
  return (
    <Button
      component={Link}
      to={`/messages/${id}`}
      state={{ person: { id, username, displayName, avatarUrl } }}
      variant="default"
      leftSection={icon}
      aria-label={say("messageTo", { name: displayName })}
    >
      {say("message")}
    </Button>
  );
}

function StillRing() {
  const say = useWords(profileWords);
  return (
    <>
      <Button
        component="span"
        variant="default"
        leftSection={<PhoneIcon size={18} />}
        className={styles.still ?? ""}
      >
        {say("voice")}
      </Button>
      <Button component="span" leftSection={<VideoIcon size={18} />} className={styles.still ?? ""}>
        {say("video")}
      </Button>
    </>
  );
}
