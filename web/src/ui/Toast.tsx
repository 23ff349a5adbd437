/** Says for a few seconds what was just done, with the way back. Pointing at it or focusing it keeps it there. */
import { Button } from "@mantine/core";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { CloseIcon } from "./icons";
import styles from "./Toast.module.css";

const SHOWN_MS = 10_000;

type News = { readonly text: string; readonly undo?: (() => void) | undefined };
type Labels = { readonly undo: string; readonly close: string };

/** `tell` shows one piece of news in place of the one before; `toast` belongs at the end of the page. */
export function useToast(labels: Labels): { tell: (news: News) => void; toast: ReactNode } {
  const [news, setNews] = useState<News | null>(null);
  const [held, setHeld] = useState(false);
  const close = useCallback(() => {
    setNews(null);
    setHeld(false);
  }, []);
  useEffect(() => {
    if (!news || held) return;
    const timer = setTimeout(close, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [news, held, close]);

  const tell = useCallback((fresh: News) => setNews(fresh), []);
  const { undo } = news ?? {};
  const toast = (
    <div className={styles.place} role="status">
      {news && (
        // biome-ignore lint/a11y/noStaticElementInteractions: holding it open is a courtesy, nothing is pressed
        <div
          className={styles.toast}
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span>{news.text}</span>
          {undo && (
            <Button
              variant="subtle"
              size="compact-md"
              onClick={() => {
                close();
                undo();
              }}
            >
              {labels.undo}
            </Button>
          )}
          <button type="button" className={styles.close} onClick={close} aria-label={labels.close}>
            <CloseIcon size={16} />
          </button>
        </div>
      )}
    </div>
  );
  return { tell, toast };
}
