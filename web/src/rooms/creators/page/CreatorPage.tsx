/** A creator's page, for anyone. Follow, Tip and Message work signed out too: they ask who you are, then do it. */
import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useParams } from "react-router";
import { api, ask } from "../../../lib/api/client";
import { Refused } from "../../../lib/api/refusal";
import type { Creator } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { Avatar } from "../../../ui/Avatar";
import { ProblemNote } from "../../../ui/Note";
import { Page } from "../../../ui/Page";
import { Actions } from "./Actions";
import { CallPrices } from "./CallPrices";
import styles from "./CreatorPage.module.css";
import { pageWords } from "./words";

export default function CreatorPage() {
  const { username = "" } = useParams();
  return <PageOf key={username} username={username} />;
}

export function PageOf({ username }: { username: string }) {
  const say = useWords(pageWords);
  const { user } = useSession();
  const query = useQuery({
    // What I am to her is part of the answer.
    queryKey: ["creators", username, user?.id ?? "anyone"],
    queryFn: async () =>
      (await ask(api.GET("/api/creators/{username}", { params: { path: { username } } }))).creator,
  });
  if (query.error instanceof Refused && query.error.status === 404)
    return (
      <Page title={say("missing.title")} lead={say("missing.lead")} narrow>
        <div>
          <Button component={Link} to="/">
            {say("missing.home")}
          </Button>
        </div>
      </Page>
    );
  return (
    <div className={styles.page}>
      <ProblemNote problem={query.error} />
      {/* Stays through a sign-in, so that what was asked before it is not lost. */}
      <article className={styles.creator}>
        {query.data ? <Who creator={query.data} /> : !query.error && <Skeleton height={280} radius="lg" />}
        <Actions username={username} creator={query.data} />
        {query.data && <CallPrices creator={query.data} />}
      </article>
    </div>
  );
}

function Who({ creator }: { creator: Creator }) {
  const say = useWords(pageWords);
  useEffect(() => {
    document.title = say("title", { name: creator.displayName });
  }, [say, creator.displayName]);
  return (
    <>
      <link rel="canonical" href={`${window.location.origin}/creator/${creator.username}`} />
      <Avatar person={creator} size={128} />
      <div className={styles.names}>
        <h1>{creator.displayName}</h1>
        <p>
          @{creator.username} · {say("followers", { count: creator.followers })}
        </p>
      </div>
      {creator.bio && <p className={styles.bio}>{creator.bio}</p>}
    </>
  );
}
