import type { Translation } from "../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  brand: "Stagedoor",
  "nav.label": "Hauptmenü",
  "nav.home": "Start",
  "nav.dashboard": "Übersicht",
  "nav.calls": "Anrufe",
  "nav.messages": "Nachrichten",
  unread: { one: "eine neue", other: "{count} neue" },
  "nav.wallet": "Guthaben",
  "nav.privacy": "Privatsphäre",
  "nav.ops": "Betrieb",
  "nav.page": "Deine Seite",
  "nav.signIn": "Anmelden",
  "nav.signOut": "Abmelden",
  "nav.language": "Sprache",
  "nav.you": "Dein Konto",
  skip: "Zum Inhalt springen",
  loading: "Wird geladen",
  offline: "Die Verbindung ist weg. Neuer Versuch …",
  "missing.title": "Hier ist nichts",
  "missing.lead": "Die gesuchte Seite gibt es nicht, oder nicht mehr.",
  "missing.home": "Zum Anfang",
  "creatorOnly.title": "Diese Seite ist für Creator",
  "creatorOnly.lead": "Du bist als {name} angemeldet und hast keine Creator-Seite.",
  "operatorOnly.title": "Diese Seite ist für den Betrieb",
  "operatorOnly.lead": "Du bist als {name} angemeldet und betreibst diesen Dienst nicht.",
  "broken.title": "Diese Seite ist gestolpert",
  "broken.lead": "Hier hat etwas nicht geklappt. Neu laden hilft meistens.",
  "broken.again": "Neu laden",
  "unreachable.title": "Der Dienst antwortet nicht",
  "news.mini_profiles":
    "Creator, mit denen du verbunden bist, sehen jetzt ein kleines Profil von dir, soweit deine Einstellungen es erlauben. Unter Privatsphäre siehst du es wie sie und kannst es ändern.",
  "news.calls":
    "Creator, denen du folgst, denen du etwas gegeben oder mit denen du gesprochen hast, können dich jetzt anrufen, wenn du es erlaubst. Den Preis siehst du, bevor du annimmst. Wer dich anrufen darf, bestimmst du unter Privatsphäre.",
  "news.share_cards":
    "Du kannst jetzt einen Link zu einer kleinen Karte von dir teilen. Er läuft ab, und du kannst ihn jederzeit zurücknehmen, unter Privatsphäre.",
  "news.paused":
    "Wir haben eine neue Funktion angehalten, weil wir einem Fehler nachgehen. Laufende Anrufe gehen weiter und kosten nur die Zeit, in der ihr verbunden wart. Von dir ist nichts verloren.",
  "news.close": "Diese Nachricht schließen",
};
export default deutsch;
