/** A person's picture, or their initials on a gentle colour of their own that is the same everywhere. */
import { initials } from "../lib/format";
import styles from "./Avatar.module.css";

type AvatarProps = { person: { displayName: string; avatarUrl: string | null } | null; size?: number };

function hueOf(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

export function Avatar({ person, size = 44 }: AvatarProps) {
  const name = person?.displayName ?? "";
  const style = {
    inlineSize: size,
    blockSize: size,
    fontSize: size * 0.38,
    "--hue": String(hueOf(name)),
  } as React.CSSProperties;
  // The name always stands beside the picture, so a screen reader need not hear it twice.
  if (person?.avatarUrl) return <img className={styles.avatar} src={person.avatarUrl} alt="" style={style} />;
  return (
    <span className={styles.avatar} style={style} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
