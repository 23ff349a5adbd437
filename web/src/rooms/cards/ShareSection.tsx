/** A fan's own share card: made, copied, shown as a QR code, replaced, revoked; and what a stranger would see. */
import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useRef, useState } from "react";
import { api, ask } from "../../lib/api/client";
import type { Person, ShareCard } from "../../lib/api/types";
import { day } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { Note, ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import { TextField } from "../../ui/TextField";
import { CardFace } from "./CardFace";
import styles from "./Cards.module.css";
import { copyText } from "./copyText";
import { cardsWords } from "./words";

const Qr = lazy(() => import("./Qr"));
const KEY = ["fans", "card"];
const NEW_CARD_DAYS = 30;
const DAY_MS = 86_400_000;

type Wish = "create" | "rotate" | "revoke";
const DONE = { create: "share.created", rotate: "share.rotated", revoke: "share.revoked" } as const;

type ShareProps = { person: Person; onDone: (text: string) => void };

export default function ShareSection({ person, onDone }: ShareProps) {
  const say = useWords(cardsWords);
  const { flags } = useSession();
  const client = useQueryClient();
  const on = flags?.FEATURE_FAN_SHARE_CARD ?? false;
  const query = useQuery({
    queryKey: KEY,
    queryFn: async () => (await ask(api.GET("/api/fans/share"))).card,
  });
  const change = useMutation({
    networkMode: "always",
    mutationFn: async (wish: Wish) => {
      const answer =
        wish === "revoke"
          ? api.POST("/api/fans/share/disable")
          : api.POST("/api/fans/share/enable", { body: { rotate: wish === "rotate" } });
      return (await ask(answer)).card;
    },
    onSuccess: (card, wish) => {
      client.setQueryData(KEY, card);
      void client.invalidateQueries({ queryKey: ["fans", "events"] });
      onDone(say(DONE[wish]));
    },
  });
  const card = query.data ?? null;
  if (!on && !card) return null;

  return (
    <Section title={say("share.title")} id="share">
      {query.isPending && <Skeleton height={160} radius="lg" />}
      {on && query.isSuccess && (
        <>
          <p className={styles.lead}>{say("share.lead")}</p>
          <CardFace small card={faceOf(person, card)} />
        </>
      )}
      {!on && <Note>{say("share.off")}</Note>}
      {on && card && <TheLink card={card} onDone={onDone} />}
      <ProblemNote problem={query.error ?? change.error} />
      <div className={styles.buttons}>
        {on && query.isSuccess && !card && (
          <Button onClick={() => change.mutate("create")} loading={change.isPending}>
            {say("share.create")}
          </Button>
        )}
        {on && card && (
          <Button
            variant="default"
            onClick={() => change.mutate("rotate")}
            loading={change.isPending && change.variables === "rotate"}
          >
            {say("share.rotate")}
          </Button>
        )}
        {card && (
          <Button
            variant="default"
            onClick={() => change.mutate("revoke")}
            loading={change.isPending && change.variables === "revoke"}
          >
            {say("share.revoke")}
          </Button>
        )}
      </div>
      {card && <p className={styles.quiet}>{say("share.until", { date: day(card.expiresAt) })}</p>}
    </Section>
  );
}

/** Before there is a card, it is shown as it would be. */
const faceOf = (person: Person, card: ShareCard | null) => ({
  displayName: person.displayName,
  avatarUrl: person.avatarUrl,
  expiresAt: card?.expiresAt ?? new Date(Date.now() + NEW_CARD_DAYS * DAY_MS + 60_000).toISOString(),
});

function TheLink({ card, onDone }: { card: ShareCard; onDone: (text: string) => void }) {
  const say = useWords(cardsWords);
  const field = useRef<HTMLInputElement>(null);
  const [drawn, setDrawn] = useState(false);
  if (!card.url) return <Note>{say("share.lost")}</Note>;
  const { url } = card;
  const copy = async () => {
    field.current?.select();
    if (await copyText(url)) onDone(say("share.copied"));
  };
  return (
    <div className={styles.link}>
      <TextField
        ref={field}
        label={say("share.link")}
        value={url}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button onClick={copy}>{say("share.copy")}</Button>
      <Button
        variant="subtle"
        size="compact-md"
        className={styles.qrButton ?? ""}
        aria-expanded={drawn}
        onClick={() => setDrawn(!drawn)}
      >
        {say(drawn ? "share.qrHide" : "share.qr")}
      </Button>
      {drawn && (
        <Suspense fallback={<div className={styles.qr} />}>
          <Qr text={url} label={say("share.qrOf")} />
        </Suspense>
      )}
    </div>
  );
}
