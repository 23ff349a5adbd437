/** The fan's own profile, drawn by the component that creators see from the answer that creators get. */
import { Skeleton } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../../lib/api/client";
import type { Fan, Relationship } from "../../lib/api/types";
import { useWords } from "../../lib/i18n/words";
import { Section } from "../../ui/Page";
import { FanMiniProfile } from "../creators/profile/FanMiniProfile";
import styles from "./Privacy.module.css";
import { privacyWords } from "./words";

type PreviewProps = {
  /** As it is saved: only that is what a creator gets. */
  fan: Fan;
  /** A choice on its way that hides the fan. */
  hiding: boolean;
  reach: readonly Relationship[];
};

export default function Preview({ fan, hiding, reach }: PreviewProps) {
  const say = useWords(privacyWords);
  const [wished, setWished] = useState("");
  const seers = reach.filter((one) => one.canSee);
  const as = seers.some((one) => one.creator.id === wished) ? wished : "";
  // Where nobody sees anything there is nothing to ask for.
  const seen =
    !hiding && (fan.visibility === "creators" || (fan.visibility === "private" && seers.length > 0));
  const facts = reach.map(({ creator, since, ...fact }) => [creator.id, ...Object.values(fact)].join());
  const query = useQuery({
    // Whatever could change the answer is in the key, so every change asks again.
    queryKey: ["preview", as, fan.visibility, fan.allowDm, fan.allowCalls, fan.displayName, ...facts],
    queryFn: async () =>
      (await ask(api.GET("/api/fans/me/preview", { params: { query: as ? { creatorId: as } : {} } })))
        .profile,
    enabled: seen,
    placeholderData: keepPreviousData,
  });
  return (
    <Section title={say("preview.title")} id="preview">
      {seers.length > 1 && seen && (
        <label className={styles.as}>
          {say("preview.as")}
          <select value={as} onChange={(event) => setWished(event.currentTarget.value)}>
            <option value="">{say("preview.first")}</option>
            {seers.map(({ creator }) => (
              <option key={creator.id} value={creator.id}>
                {creator.displayName}
              </option>
            ))}
          </select>
        </label>
      )}
      {seen && query.isPending && <Skeleton height={180} radius="lg" />}
      {seen && query.data && (
        <>
          <div className={styles.preview}>
            <FanMiniProfile profile={query.data} still />
          </div>
          <p className={styles.quiet}>{say("preview.lead")}</p>
        </>
      )}
      {(!seen || query.isError) && (
        <p className={styles.quiet}>
          {say(fan.visibility === "private" && !hiding ? "preview.nobodyYet" : "preview.none")}
        </p>
      )}
    </Section>
  );
}
