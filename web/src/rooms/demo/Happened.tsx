/** The recorded events, read once a second, newest first, in plain words. */
import { useEffect, useRef, useState } from "react";
import { api, ask } from "../../lib/api/client";
import type { RecordedEvent } from "../../lib/api/types";
import { timeOfDay } from "../../lib/format";
import { useWords } from "../../lib/i18n/words";
import styles from "./Demo.module.css";
import { demoWords } from "./words";
import english from "./words/en";

const EVERY_MS = 1000;
const KEPT = 12;

function useHappened(): readonly RecordedEvent[] {
  const [events, setEvents] = useState<readonly RecordedEvent[]>([]);
  const last = useRef<number | null>(null);
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      try {
        const query = last.current ? { after: last.current } : {};
        const { events: fresh } = await ask(api.GET("/api/demo/events", { params: { query } }));
        if (stopped) return;
        last.current = fresh.at(-1)?.id ?? last.current;
        if (fresh.length > 0) setEvents((old) => [...[...fresh].reverse(), ...old].slice(0, KEPT));
      } catch {
        // The next second reads again.
      }
      if (!stopped) timer = setTimeout(read, EVERY_MS);
    };
    void read();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, []);
  return events;
}

type EventWord = Extract<keyof typeof english, `event.${string}`>;

/** On a narrow window the phones stand one below the other: the one that rings comes into view. */
function showPhone(name: string): void {
  const phones = [...document.querySelectorAll("iframe")];
  const ringing = phones.find((phone) => phone.name === name);
  const stacked = phones.some((phone) => phone.offsetTop !== ringing?.offsetTop);
  if (stacked) ringing?.scrollIntoView({ block: "center" });
}

export function Happened() {
  const say = useWords(demoWords);
  const events = useHappened();
  const newest = events[0];
  const ringing =
    newest?.type === "call.ringing" && Date.now() - Date.parse(newest.at) < 5000 ? newest.id : null;
  useEffect(() => {
    if (ringing !== null) showPhone("sam");
  }, [ringing]);
  const sentence = (event: RecordedEvent) => {
    const key = `event.${event.type}`;
    return key in english && key !== "event.other"
      ? (say as (key: EventWord) => string)(key as EventWord)
      : say("event.other", { type: event.type });
  };
  return (
    <section className={styles.happened} aria-labelledby="happened">
      <h2 id="happened">{say("events")}</h2>
      <p>{say("events.lead")}</p>
      {events.length === 0 && <p className={styles.none}>{say("events.none")}</p>}
      <ol aria-live="polite" aria-relevant="additions">
        {events.map((event) => (
          <li key={event.id}>
            <time dateTime={event.at}>{timeOfDay(event.at, true)}</time>
            <span>
              {sentence(event)}
              <code>{event.type}</code>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
