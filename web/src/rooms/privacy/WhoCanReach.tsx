/** Every creator a fan has something to do with, why, what it allows, and two ways to change that. */
import { Button, Skeleton } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import type { Person, Relationship } from "../../lib/api/types";
import { day } from "../../lib/format";
import { locale } from "../../lib/i18n/locale";
import { useWords } from "../../lib/i18n/words";
import { Avatar } from "../../ui/Avatar";
import { ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Privacy.module.css";
import { useBlock, useBlocksShown } from "./useBlock";
import { privacyWords } from "./words";

const ForgetQuestion = lazy(() => import("./ForgetQuestion"));

type Done = (text: string, undo?: () => void) => void;
type ListProps = {
  reach: readonly Relationship[] | undefined;
  blocks: readonly Person[] | undefined;
  onDone: Done;
};

export function WhoCanReach({ reach, blocks, onDone }: ListProps) {
  const say = useWords(privacyWords);
  const blocked = useBlocksShown(blocks);
  const [asked, setAsked] = useState<Person | null>(null);
  const block = useBlock(({ creator, blocked: now }, undo) =>
    onDone(say(now ? "reach.blocked" : "reach.unblocked", { name: creator.displayName }), undo),
  );
  const list = reach?.filter((one) => !blocked?.some((person) => person.id === one.creator.id));
  return (
    <Section title={say("reach.title")} id="reach">
      <p className={styles.lead}>{say("reach.lead")}</p>
      <ProblemNote problem={block.error} />
      {!list && <Skeleton height={64} radius="lg" />}
      {list?.length === 0 && <p className={styles.quiet}>{say("reach.none")}</p>}
      <ul className={styles.people}>
        {list?.map((one) => (
          <Reach
            key={one.creator.id}
            one={one}
            onForget={() => setAsked(one.creator)}
            onBlock={() => block.mutate({ creator: one.creator, blocked: true })}
          />
        ))}
      </ul>
      {asked && (
        <Suspense>
          <ForgetQuestion
            creator={asked}
            onStay={() => setAsked(null)}
            onForgotten={() => {
              onDone(say("reach.forgotten", { name: asked.displayName }));
              setAsked(null);
            }}
          />
        </Suspense>
      )}
    </Section>
  );
}

type ReachProps = { one: Relationship; onForget: () => void; onBlock: () => void };

function Reach({ one, onForget, onBlock }: ReachProps) {
  const say = useWords(privacyWords);
  const { creator } = one;
  const why = [
    one.follows && say("reach.follows"),
    one.tips > 0 && say("reach.tips", { count: one.tips }),
    one.calls > 0 && say("reach.calls", { count: one.calls }),
    say("reach.since", { date: day(one.since) }),
  ].filter(Boolean);
  const may = [
    one.canSee && say("reach.can.see"),
    one.canMessage && say("reach.can.message"),
    one.canCall && say("reach.can.call"),
  ].filter((text) => text !== false);
  const what = new Intl.ListFormat(locale()).format(may);
  return (
    <li>
      <Avatar person={creator} />
      <div className={styles.person}>
        <Link to={`/creator/${creator.username}`}>{creator.displayName}</Link>
        <small>{why.join(" · ")}</small>
        <small>{may.length > 0 ? say("reach.can", { what }) : say("reach.can.none")}</small>
      </div>
      <div className={styles.buttons}>
        <Button
          variant="default"
          size="sm"
          onClick={onForget}
          aria-label={say("reach.forgetWho", { name: creator.displayName })}
        >
          {say("reach.forget")}
        </Button>
        <Button
          variant="default"
          size="sm"
          onClick={onBlock}
          aria-label={say("reach.blockWho", { name: creator.displayName })}
        >
          {say("reach.block")}
        </Button>
      </div>
    </li>
  );
}
