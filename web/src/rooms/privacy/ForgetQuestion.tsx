/** Asked before, because tips and calls cannot be made to count again. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import type { Person } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import { readAgain } from "../../lib/queries/readAgain";
import { ProblemNote } from "../../ui/Note";
import { Sheet } from "../../ui/Sheet";
import styles from "./Privacy.module.css";
import { privacyWords } from "./words";

type QuestionProps = { creator: Person; onStay: () => void; onForgotten: () => void };

export default function ForgetQuestion({ creator, onStay, onForgotten }: QuestionProps) {
  const say = useWords(privacyWords);
  const client = useQueryClient();
  const name = creator.displayName;
  const forget = useMutation({
    networkMode: "always",
    mutationFn: () =>
      ask(
        api.DELETE("/api/fans/me/relationships/{creator_id}", {
          params: { path: { creator_id: creator.id } },
        }),
      ),
    onSuccess: async () => {
      await readAgain(client, ["relationships"]);
      for (const key of [["fans", "events"], ["creators"], ["messages"]]) void readAgain(client, key);
      onForgotten();
    },
  });
  return (
    <Sheet role="alertdialog" labelledBy="forget-title" describedBy="forget-text" onEscape={onStay}>
      <h2 id="forget-title" className={styles.question} tabIndex={-1} data-focus-first>
        {say("forget.title", { name })}
      </h2>
      <div id="forget-text">
        <p>{say("forget.text", { name })}</p>
        <p className={styles.quiet}>{say("forget.kept")}</p>
      </div>
      <ProblemNote problem={forget.error} />
      <div className={styles.pair}>
        <Button variant="default" onClick={onStay}>
          {say("forget.stay")}
        </Button>
        <Button onClick={() => forget.mutate()} loading={forget.isPending}>
          {say("forget.do")}
        </Button>
      </div>
    </Sheet>
  );
}
