/** Two phones side by side, each a real session of this UI in a frame, and beneath them what was recorded. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Loading } from "../../app/Loading";
import { api, ask } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { keepSessionForFrame } from "../../lib/session/store";
import { useSession } from "../../lib/session/useSession";
import { Page } from "../../ui/Page";
import styles from "./Demo.module.css";
import { Happened } from "./Happened";
import { Phone } from "./Phone";
import { demoWords } from "./words";

const PEOPLE = ["mia", "sam"] as const;

async function signBothIn() {
  for (const username of PEOPLE) {
    const { session } = await ask(api.POST("/api/demo/sessions", { body: { username } }));
    keepSessionForFrame(username, session);
  }
  return true;
}

export default function Demo() {
  const say = useWords(demoWords);
  const { demo, loading } = useSession();
  const ready = useQuery({
    queryKey: ["demo", "sessions"],
    queryFn: signBothIn,
    enabled: demo,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnReconnect: false,
  });
  useEffect(() => {
    document.title = `${say("title")} · Stagedoor`;
  }, [say]);

  if (loading) return <Loading />;
  if (!demo)
    return (
      <Page title={say("off.title")} lead={say("off.lead")} narrow>
        <div>
          <Button component="a" href="/">
            {say("off.home")}
          </Button>
        </div>
      </Page>
    );
  const [before, after] = say("lead", { video: "\u0000" }).split("\u0000");
  return (
    <main className={styles.demo}>
      <header className={styles.head}>
        <h1>{say("title")}</h1>
        <p>
          {before}
          <strong>{say("lead.video")}</strong>
          {after}
        </p>
      </header>
      <div className={styles.phones}>
        {PEOPLE.map((person) => (
          <Phone key={person} person={person} ready={ready.isSuccess} problem={ready.error} />
        ))}
      </div>
      <Happened />
    </main>
  );
}
