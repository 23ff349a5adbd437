import { Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { useWords } from "../lib/i18n/words";
import styles from "./Shell.module.css";
import { shellWords } from "./words";

/** Stays invisible for a moment: most things arrive before a spinner would help. */
export function Loading() {
  const say = useWords(shellWords);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.loading} role="status">
      {late && <Loader size="sm" role="img" aria-label={say("loading")} />}
    </div>
  );
}
