import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  title: "Nachrichten",
  threads: "Deine Unterhaltungen",
  "threads.none": "Noch keine Unterhaltung. Schreib einem Creator von seiner Seite aus.",
  "threads.noneCreator": "Noch keine Unterhaltung. Schreib einem Fan aus deiner Liste.",
  "threads.pick": "Wähle eine Unterhaltung.",
  mine: "Du: {body}",
  unread: { one: "eine neue Nachricht", other: "{count} neue Nachrichten" },
  back: "Alle Unterhaltungen",
  someone: "Unterhaltung",
  log: "Nachrichten mit {name}",
  earlier: "Frühere Nachrichten",
  empty: "Hier wurde noch nichts gesagt.",
  write: "An {name} schreiben",
  send: "Senden",
  keys: "Die Eingabetaste sendet, mit der Umschalttaste beginnt sie eine neue Zeile.",
  closed: "Neue Nachrichten sind hier nicht möglich.",
  read: "Gelesen",
  sent: "Gesendet",
  sending: "Wird gesendet …",
};
export default deutsch;
