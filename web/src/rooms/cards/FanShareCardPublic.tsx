/**
 * What the holder of a link sees, signed in or not. A dead link is one calm page whatever the cause, and so is a
 * service that has cards switched off.
 */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useParams } from "react-router";
import { Loading } from "../../app/Loading";
import { api, ask } from "../../lib/api/client";
import { Refused } from "../../lib/api/refusal";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { ProblemNote } from "../../ui/Note";
import { CardFace } from "./CardFace";
import styles from "./Cards.module.css";
import { cardsWords } from "./words";

const DEAD = [404, 403];

export default function FanShareCardPublic() {
  const { token = "" } = useParams();
  const { flags, user, loading } = useSession();
  const on = flags?.FEATURE_FAN_SHARE_CARD ?? false;
  const query = useQuery({
    queryKey: ["card", token],
    queryFn: async () =>
      (await ask(api.GET("/api/fans/share/{token}", { params: { path: { token } } }))).card,
    enabled: on,
    // A link that died is dead at the next look.
    staleTime: 0,
  });
  const dead =
    (flags !== null && !on) || (query.error instanceof Refused && DEAD.includes(query.error.status));
  return (
    <div className={styles.page}>
      <meta name="robots" content="noindex" />
      {dead ? (
        <Dead />
      ) : query.error ? (
        <Unreachable problem={query.error} onAgain={() => query.refetch()} />
      ) : loading || !query.data ? (
        <Loading />
      ) : (
        <Alive card={query.data} signedIn={user !== null} />
      )}
    </div>
  );
}

function Alive({ card, signedIn }: { card: Parameters<typeof CardFace>[0]["card"]; signedIn: boolean }) {
  const say = useWords(cardsWords);
  useEffect(() => {
    document.title = `${card.displayName} · Stagedoor`;
  }, [card.displayName]);
  return (
    <article className={styles.card}>
      <CardFace card={card} />
      <p className={styles.says}>{say("card.says", { name: card.displayName })}</p>
      {!signedIn && (
        <div className={styles.actions}>
          <Button component={Link} to="/signin?join" size="md" fullWidth>
            {say("card.join")}
          </Button>
          <Button component={Link} to="/signin" size="md" variant="default" fullWidth>
            {say("card.signIn")}
          </Button>
        </div>
      )}
      <p className={styles.quiet}>{say("card.fans")}</p>
    </article>
  );
}

function Dead() {
  const say = useWords(cardsWords);
  useEffect(() => {
    document.title = `${say("dead.title")} · Stagedoor`;
  }, [say]);
  return (
    <article className={styles.card}>
      <h1 className={styles.deadTitle}>{say("dead.title")}</h1>
      <p className={styles.says}>{say("dead.lead")}</p>
      <Button component={Link} to="/" variant="default">
        {say("dead.home")}
      </Button>
    </article>
  );
}

function Unreachable({ problem, onAgain }: { problem: unknown; onAgain: () => void }) {
  const say = useWords(cardsWords);
  return (
    <article className={styles.card}>
      <ProblemNote problem={problem} />
      <Button variant="default" onClick={onAgain}>
        {say("problem.again")}
      </Button>
    </article>
  );
}
