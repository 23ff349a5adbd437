import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { Link, useNavigate } from "react-router";
import type { Creator } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { MessageIcon } from "../../../ui/icons";
import { Note, ProblemNote } from "../../../ui/Note";
import { useToast } from "../../../ui/Toast";
import { useSoftAuth } from "../../account/useSoftAuth";
import styles from "./CreatorPage.module.css";
import { useCreatorChange } from "./useCreator";
import { pageWords } from "./words";

const TipSheet = lazy(() => import("./TipSheet"));

type Intent = "follow" | "tip" | "message";

/** Stands while the page is read again for whoever just signed in: the wish waits here. */
export function Actions({ username, creator }: { username: string; creator: Creator | undefined }) {
  const say = useWords(pageWords);
  const { user } = useSession();
  const navigate = useNavigate();
  const [tipping, setTipping] = useState(false);
  const { tell, toast } = useToast({ undo: say("undo"), close: say("close") });
  const [known, setKnown] = useState(creator);
  if (creator && creator !== known) setKnown(creator);
  const name = known?.displayName ?? username;
  const own = user?.username === username;

  const change = useCreatorChange(username, known?.id, (done) => {
    if ("following" in done)
      return tell({ text: say(done.following ? "done.follow" : "done.unfollow", { name }) });
    tell({
      text: say(done.blocked ? "done.blocked" : "done.unblocked", { name }),
      undo: () => change.mutate({ blocked: !done.blocked }),
    });
  });
  const act = (intent: Intent) => {
    // Whoever turns out to be the creator herself has nothing to ask here.
    if (!known || own) return;
    if (intent === "follow") change.mutate({ following: true });
    else if (intent === "tip") setTipping(true);
    else {
      const { id, displayName, avatarUrl } = known;
      navigate(`/messages/${id}`, { state: { person: { id, username, displayName, avatarUrl } } });
    }
  };
  const { want, dialog } = useSoftAuth<Intent>(act, (intent) => say(`for.${intent}`, { name }));

  if (!creator) return dialog;
  if (own)
    return (
      <>
        <Note>{say("own")}</Note>
        {toast}
      </>
    );
  const shown = { ...creator, ...(change.isPending ? change.variables : {}) };
  return (
    <div className={styles.actions}>
      {shown.blocked ? (
        <Note>
          {say("blocked", { name })}{" "}
          <Button variant="default" size="compact-sm" onClick={() => change.mutate({ blocked: false })}>
            {say("unblock")}
          </Button>
        </Note>
      ) : (
        <div className={styles.buttons}>
          {shown.following ? (
            <Button
              variant="default"
              aria-label={say("unfollow", { name })}
              onClick={() => change.mutate({ following: false })}
            >
              {say("following")}
            </Button>
          ) : (
            <Button onClick={() => want("follow")}>{say("follow")}</Button>
          )}
          <Button variant="default" onClick={() => want("tip")}>
            {say("tip")}
          </Button>
          <Button variant="default" leftSection={<MessageIcon size={18} />} onClick={() => want("message")}>
            {say("message")}
          </Button>
        </div>
      )}
      <ProblemNote problem={change.error} />
      {!shown.blocked && (
        <p className={styles.means}>
          {say("means", { name })} {user && <Link to="/settings/privacy">{say("privacy")}</Link>}
        </p>
      )}
      {user && !shown.blocked && (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          onClick={() => change.mutate({ blocked: true })}
        >
          {say("block", { name })}
        </Button>
      )}
      {tipping && (
        <Suspense>
          <TipSheet username={username} name={name} onClose={() => setTipping(false)} />
        </Suspense>
      )}
      {dialog}
      {toast}
    </div>
  );
}
