/** Finds fans who chose to be found. Asks when typing pauses, and only for what the service would answer. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../../../lib/api/client";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { Avatar } from "../../../ui/Avatar";
import { ProblemNote } from "../../../ui/Note";
import { TextField } from "../../../ui/TextField";
import { FanName } from "./FanName";
import styles from "./Profile.module.css";
import { profileWords } from "./words";

const LETTERS_MIN = 2;
const LETTERS_MAX = 80;
const PAUSE_MS = 350;

export function isSearchable(text: string): boolean {
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  return letters >= LETTERS_MIN && letters <= LETTERS_MAX;
}

export function FanSearch() {
  const say = useWords(profileWords);
  const { flags } = useSession();
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const asked = isSearchable(text) && isSearchable(typed);
  const query = useQuery({
    queryKey: ["fans", "search", text.toLowerCase()],
    queryFn: async () => (await ask(api.GET("/api/fans/search", { params: { query: { q: text } } }))).fans,
    enabled: asked,
    placeholderData: keepPreviousData,
  });
  if (!flags?.FEATURE_FAN_PRIVACY) return null;
  const found = asked ? query.data : undefined;
  return (
    <search className={styles.search}>
      <TextField
        type="search"
        label={say("search")}
        placeholder={say("search.hint")}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <div role="status" className={styles.found}>
        {asked && <ProblemNote problem={query.error} />}
        {found && (
          <p className={styles.quiet}>
            {found.length === 0 ? say("search.none") : say("search.found", { count: found.length })}
          </p>
        )}
      </div>
      {found && found.length > 0 && (
        <ul className={styles.results}>
          {found.map((fan) => (
            <li key={fan.id}>
              <Avatar person={fan} size={36} />
              <FanName fan={fan} />
              <small>@{fan.username}</small>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}
