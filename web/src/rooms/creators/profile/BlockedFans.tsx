import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../../../lib/api/client";
import { useWords } from "../../../lib/i18n/words";
import { Avatar } from "../../../ui/Avatar";
import { Section } from "../../../ui/Page";
import styles from "./Profile.module.css";
import type { BlockFan } from "./useBlockFan";
import { profileWords } from "./words";

/** Absent while nobody is blocked. */
export function BlockedFans({ block }: { block: BlockFan }) {
  const say = useWords(profileWords);
  const query = useQuery({
    queryKey: ["fans", "blocked-by-me"],
    queryFn: async () => (await ask(api.GET("/api/creators/me/blocks"))).blocks,
  });
  if (!query.data?.length) return null;
  return (
    <Section title={say("blocks")} id="blocked-fans">
      <ul className={styles.results}>
        {query.data.map((fan) => (
          <li key={fan.id}>
            <Avatar person={fan} size={36} />
            <strong>{fan.displayName}</strong>
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => block(fan, false)}
              aria-label={say("unblockWho", { name: fan.displayName })}
            >
              {say("unblock")}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
