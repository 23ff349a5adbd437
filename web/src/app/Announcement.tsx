/** What everybody who is signed in is told of a roll-out: one sentence above the page, until it is closed. */
import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../lib/api/client";
import { useWords } from "../lib/i18n/words";
import { CloseIcon } from "../ui/icons";
import { Note } from "../ui/Note";
import styles from "./Announcement.module.css";
import { shellWords } from "./words";

const AGAIN_MS = 5 * 60_000;
const CLOSED = "stagedoor.announcement";

/** The newest that was closed on this device; older ones never come back, as the service tells the newest only. */
function closedId(): number {
  try {
    return Number(localStorage.getItem(CLOSED) ?? 0);
  } catch {
    return 0; // a browser that keeps nothing tells it again
  }
}

export function Announcement({ userId }: { userId: string }) {
  const say = useWords(shellWords);
  const [closed, setClosed] = useState(closedId);
  const { data } = useQuery({
    queryKey: ["announcement", userId],
    queryFn: () => ask(api.GET("/api/announcement")),
    staleTime: AGAIN_MS,
    refetchInterval: AGAIN_MS,
    retry: false,
  });
  const news = data?.announcement;
  if (!news || news.id <= closed) return null;
  const close = () => {
    setClosed(news.id);
    try {
      localStorage.setItem(CLOSED, String(news.id));
    } catch {
      // closed for now
    }
  };
  return (
    <div className={styles.bar}>
      <Note>{say(`news.${news.kind}`)}</Note>
      <ActionIcon variant="subtle" color="gray" onClick={close} aria-label={say("news.close")}>
        <CloseIcon size={18} />
      </ActionIcon>
    </div>
  );
}
