/** A copy of everything, and the way out for good. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { api, ask } from "../../lib/api/client";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { ProblemNote } from "../../ui/Note";
import { Section } from "../../ui/Page";
import styles from "./Privacy.module.css";
import { privacyWords } from "./words";

const EraseQuestion = lazy(() => import("./EraseQuestion"));

/** Offers `document` as a file of that name. */
function download(document: unknown, name: string): void {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(document, null, 2)], { type: "application/json" }),
  );
  const link = Object.assign(window.document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export default function YourData({ onDone }: { onDone: (text: string) => void }) {
  const say = useWords(privacyWords);
  const { user } = useSession();
  const client = useQueryClient();
  const [erasing, setErasing] = useState(false);
  const exporting = useMutation({
    mutationFn: async () => (await ask(api.GET("/api/fans/me/export"))).export,
    onSuccess: (document) => {
      download(document, `stagedoor-${user?.username}.json`);
      void client.invalidateQueries({ queryKey: ["fans", "events"] });
      onDone(say("export.done"));
    },
  });
  return (
    <Section title={say("data.title")} id="data">
      <div className={styles.data}>
        <p>{say("export.text")}</p>
        <Button variant="default" onClick={() => exporting.mutate()} loading={exporting.isPending}>
          {say("export.do")}
        </Button>
        <ProblemNote problem={exporting.error} />
      </div>
      <div className={styles.data}>
        <p>{say("erase.text")}</p>
        <Button variant="default" className={styles.danger ?? ""} onClick={() => setErasing(true)}>
          {say("erase.do")}
        </Button>
      </div>
      {erasing && user && (
        <Suspense>
          <EraseQuestion username={user.username} onStay={() => setErasing(false)} />
        </Suspense>
      )}
    </Section>
  );
}
