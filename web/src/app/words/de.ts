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
  "broken.title": "Diese Seite ist gestolpert",
  "broken.lead": "Hier hat etwas nicht geklappt. Neu laden hilft meistens.",
  "broken.again": "Neu laden",
  "unreachable.title": "Der Dienst antwortet nicht",
};
export default deutsch;
