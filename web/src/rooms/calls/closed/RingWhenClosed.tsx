/** Whether this browser rings while none of our pages is open, what that means, and what stands in its way. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Refused } from "../../../lib/api/refusal";
import { useWords } from "../../../lib/i18n/words";
import { able, discreet, ringing, setDiscreet, turnOff, turnOn } from "../../../lib/push/browser";
import { useSession } from "../../../lib/session/useSession";
import { Note, ProblemNote } from "../../../ui/Note";
import { browserName } from "../active/browserName";
import styles from "./Closed.module.css";
import { closedWords } from "./words";

const KEY = ["push", "here"] as const;

export default function RingWhenClosed({ onSaved }: { onSaved: (text: string) => void }) {
  const say = useWords(closedWords);
  const { user } = useSession();
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (window.location.hash === "#ring") row.current?.scrollIntoView({ block: "center" });
  }, []);
  const may = able();
  return (
    <div ref={row} id="ring" className={styles.row}>
      <h3>{say("title")}</h3>
      {may === "able" && user && <Choice userId={user.id} onSaved={onSaved} />}
      {may !== "able" && <p className={styles.so}>{say(may)}</p>}
    </div>
  );
}

function Choice({ userId, onSaved }: { userId: string; onSaved: (text: string) => void }) {
  const say = useWords(closedWords);
  const client = useQueryClient();
  const here = useQuery({
    queryKey: [...KEY, userId],
    queryFn: async () => ({ state: await ringing(userId), discreet: await discreet() }),
  });
  const state = here.data?.state ?? "off";
  const change = useMutation({
    networkMode: "always",
    mutationFn: async (wanted: boolean) => (wanted ? turnOn(userId) : turnOff().then(() => "off" as const)),
    onSuccess: (now, wanted) => {
      if (now === "on") onSaved(say("saved"));
      else if (!wanted) onSaved(say("cleared"));
    },
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
  const hide = useMutation({
    mutationFn: setDiscreet,
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
  const on = change.isPending ? (change.variables ?? false) : state === "on";
  const undecided = change.isSuccess && change.variables && change.data === "off";
  return (
    <>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={on}
          disabled={state === "denied" || here.isPending || change.isPending}
          aria-describedby="ring-so"
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
        {say("on")}
      </label>
      <p id="ring-so" className={styles.so}>
        {say(on ? "on.so" : "off.so")} {on && say("quiet")}
      </p>
      {state === "on" && (
        <>
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={hide.isPending ? hide.variables : (here.data?.discreet ?? false)}
              aria-describedby="discreet-so"
              onChange={(event) => hide.mutate(event.currentTarget.checked)}
            />
            {say("discreet")}
          </label>
          <p id="discreet-so" className={styles.so}>
            {say("discreet.so")}
          </p>
        </>
      )}
      {state === "denied" && (
        <Note tone="warn">
          {say("denied")} {say(`denied.${browserName()}`)}
        </Note>
      )}
      {undecided && <Note>{say("later")}</Note>}
      {change.error instanceof Refused && <ProblemNote problem={change.error} />}
      {change.error && !(change.error instanceof Refused) && <Note tone="warn">{say("failed")}</Note>}
    </>
  );
}
