/** Explains a device that did not open: what happened, what to press in this browser, and how to go on without. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useWords } from "../../../lib/i18n/words";
import type { Capture, Kind } from "../../../media/capture";
import { Note } from "../../../ui/Note";
import { callsWords } from "../words";
import styles from "./Active.module.css";
import { browserName } from "./browserName";
import { useCapture } from "./useMedia";

export function CaptureNotes({ capture, video }: { capture: Capture; video: boolean }) {
  const say = useWords(callsWords);
  const { problem, standIn } = useCapture(capture);
  const [settled, setSettled] = useState<readonly Kind[]>([]);
  const made =
    standIn.video && standIn.audio ? "both" : standIn.video ? "video" : standIn.audio ? "audio" : null;
  const open: Kind[] = [];
  if (problem.audio && !standIn.audio && !settled.includes("audio")) open.push("audio");
  if (video && problem.video && !standIn.video && !settled.includes("video")) open.push("video");

  const again = (kind: Kind) =>
    void (kind === "video" ? capture.setCamera(true) : capture.setMicrophone(true));
  return (
    <>
      {made && (
        <p className={styles.pill} role="status">
          {say(`call.standIn.${made}`)}
        </p>
      )}
      {open.map((kind) => {
        const why = problem[kind];
        return (
          why && (
            <div key={kind} className={styles.note}>
              <Note tone="warn">
                {say(`problem.${kind}.${why}`)} {why === "denied" && say(`problem.how.${browserName()}`)}
                <span className={styles.noteButtons}>
                  <Button size="compact-sm" variant="default" onClick={() => again(kind)}>
                    {say("problem.again")}
                  </Button>
                  <Button size="compact-sm" variant="default" onClick={() => setSettled([...settled, kind])}>
                    {say(kind === "video" ? "problem.audioOnly" : "problem.listen")}
                  </Button>
                </span>
              </Note>
            </div>
          )
        );
      })}
    </>
  );
}
