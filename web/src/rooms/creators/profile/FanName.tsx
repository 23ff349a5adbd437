/** A fan's name, which opens her profile where profiles are switched on. */
import { Link } from "react-router";
import type { Person } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import styles from "./Profile.module.css";
import { useOpenProfile } from "./ProfileBeside";
import { profileWords } from "./words";

export function FanName({ fan }: { fan: Pick<Person, "id" | "displayName"> }) {
  const say = useWords(profileWords);
  const { flags } = useSession();
  const [open] = useOpenProfile();
  if (!flags?.FEATURE_FAN_MINI_PROFILE) return <strong>{fan.displayName}</strong>;
  return (
    <Link
      to={`/dashboard?fan=${fan.id}`}
      preventScrollReset
      className={styles.fanName}
      data-profile-of={fan.id}
      aria-current={open === fan.id || undefined}
      aria-label={say("open", { name: fan.displayName })}
    >
      {fan.displayName}
    </Link>
  );
}
