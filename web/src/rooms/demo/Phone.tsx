import { Loader } from "@mantine/core";
import { useWords } from "../../lib/i18n/words";
import { ProblemNote } from "../../ui/Note";
import styles from "./Demo.module.css";
import { demoWords } from "./words";

type PhoneProps = { person: "mia" | "sam"; ready: boolean; problem: unknown };
const START = { mia: "/dashboard", sam: "/" } as const;
const NAME = { mia: "Mia", sam: "Sam" } as const;

/** The frame's name is the name of its session. */
export function Phone({ person, ready, problem }: PhoneProps) {
  const say = useWords(demoWords);
  return (
    <figure className={styles.phone}>
      <figcaption>{say(`phone.${person}`)}</figcaption>
      <div className={styles.glass}>
        {ready ? (
          <iframe
            name={person}
            src={START[person]}
            title={say("phone.title", { name: NAME[person] })}
            allow="camera; microphone; autoplay; fullscreen"
          />
        ) : problem ? (
          <ProblemNote problem={problem} />
        ) : (
          <Loader size="sm" role="img" aria-label={say("wait")} />
        )}
      </div>
    </figure>
  );
}
