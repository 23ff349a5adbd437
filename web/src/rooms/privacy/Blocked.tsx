import { Button } from "@mantine/core";
import type { Person } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import { Avatar } from "../../ui/Avatar";
import { ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Privacy.module.css";
import { useBlock, useBlocksShown } from "./useBlock";
import { privacyWords } from "./words";

type BlockedProps = {
  blocks: readonly Person[] | undefined;
  onDone: (text: string, undo?: () => void) => void;
};

export function Blocked({ blocks, onDone }: BlockedProps) {
  const say = useWords(privacyWords);
  const shown = useBlocksShown(blocks);
  const block = useBlock(({ creator, blocked }, undo) =>
    onDone(say(blocked ? "reach.blocked" : "reach.unblocked", { name: creator.displayName }), undo),
  );
  return (
    <Section title={say("blocks.title")} id="blocks">
      <p className={styles.lead}>{say(shown?.length === 0 ? "blocks.none" : "blocks.lead")}</p>
      <ProblemNote problem={block.error} />
      <ul className={styles.people}>
        {shown?.map((creator) => (
          <li key={creator.id}>
            <Avatar person={creator} />
            <div className={styles.person}>
              <strong>{creator.displayName}</strong>
            </div>
            <Button
              variant="default"
              size="sm"
              onClick={() => block.mutate({ creator, blocked: false })}
              aria-label={say("blocks.undoWho", { name: creator.displayName })}
            >
              {say("blocks.undo")}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
