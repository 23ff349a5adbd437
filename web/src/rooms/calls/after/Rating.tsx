import { useMutation } from "@tanstack/react-query";
import { useWords } from "../../../lib/i18n/words";
import { StarIcon } from "../../../ui/icons";
import { ProblemNote } from "../../../ui/Note";
import { afterwards } from "../receipts";
import { callsWords } from "../words";
import styles from "./After.module.css";

const STARS = [1, 2, 3, 4, 5] as const;

export function Rating({ callId }: { callId: string }) {
  const say = useWords(callsWords);
  const rate = useMutation({ mutationFn: (stars: number) => afterwards.rate(callId, stars) });
  const given = rate.isError ? 0 : (rate.variables ?? 0);
  return (
    <fieldset className={styles.rating}>
      <legend>{say("rate.title")}</legend>
      {STARS.map((stars) => (
        <label key={stars} data-lit={stars <= given || undefined}>
          <input type="radio" name="stars" checked={stars === given} onChange={() => rate.mutate(stars)} />
          <StarIcon size={30} />
          <span className={styles.hidden}>{say("rate.star", { count: stars })}</span>
        </label>
      ))}
      <span role="status">{rate.isSuccess && say("rate.thanks")}</span>
      <ProblemNote problem={rate.error} />
    </fieldset>
  );
}
