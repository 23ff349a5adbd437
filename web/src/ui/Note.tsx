/** A sentence that must be noticed: what happened and what to do. Announced to screen readers as it appears. */
import type { ReactNode } from "react";
import { sentenceFor } from "../lib/problems/sentence";
import styles from "./Note.module.css";

type NoteProps = { tone?: "calm" | "warn" | "bad"; children: ReactNode };

export function Note({ tone = "calm", children }: NoteProps) {
  return (
    <div className={styles.note} data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

export function ProblemNote({ problem, children }: { problem: unknown; children?: ReactNode }) {
  if (!problem) return null;
  return (
    <Note tone="bad">
      {sentenceFor(problem)}
      {children}
    </Note>
  );
}
