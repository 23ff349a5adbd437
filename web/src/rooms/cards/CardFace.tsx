/** What a share link shows: a name, a picture, and how long it lasts. Nothing is fetched from anywhere else. */

import type { PublicCard } from "../../lib/api/types";
import { serverClock } from "../../lib/clock";
import { useWords } from "../../lib/i18n/words";
import { Avatar } from "../../ui/Avatar";
import styles from "./Cards.module.css";
import { cardsWords } from "./words";

const DAY_SECONDS = 86_400;

/** A picture kept elsewhere would tell that place who looks; initials stand in for it. */
export function ownPicture(avatarUrl: string | null, origin = window.location.origin): string | null {
  if (!avatarUrl) return null;
  try {
    return new URL(avatarUrl, origin).origin === origin ? avatarUrl : null;
  } catch {
    return null;
  }
}

export function CardFace({ card, small = false }: { card: PublicCard; small?: boolean }) {
  const say = useWords(cardsWords);
  const days = serverClock.secondsUntil(card.expiresAt) / DAY_SECONDS;
  const Name = small ? "p" : "h1";
  return (
    <div className={styles.face} data-small={small || undefined}>
      <span className={styles.eyebrow}>{say("card.eyebrow")}</span>
      <Avatar
        person={{ displayName: card.displayName, avatarUrl: ownPicture(card.avatarUrl) }}
        size={small ? 64 : 112}
      />
      <Name className={styles.name}>{card.displayName}</Name>
      <span className={styles.expires}>
        {days < 1 ? say("card.expiresToday") : say("card.expires", { count: Math.round(days) })}
      </span>
    </div>
  );
}
