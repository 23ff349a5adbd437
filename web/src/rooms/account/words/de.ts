import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  "in.title": "Willkommen zurück",
  "in.lead": "Melde dich an und sieh, wer dich erreichen kann oder wen du anrufen kannst.",
  "up.title": "Bei Stagedoor mitmachen",
  "up.lead": "Du beginnst privat: Niemand findet dich oder ruft dich an, bis du es erlaubst.",
  username: "Benutzername",
  "username.hint": "Kleine Buchstaben, Ziffern und Unterstriche",
  displayName: "Name, den andere sehen",
  password: "Passwort",
  "password.hint": "Mindestens 8 Zeichen",
  "password.show": "Passwort zeigen oder verbergen",
  creator: "Ich bin Creator: Ich möchte eine Seite und meine Fans anrufen",
  "in.do": "Anmelden",
  "up.do": "Konto anlegen",
  "in.other": "Neu hier?",
  "in.otherDo": "Konto anlegen",
  "up.other": "Du hast schon ein Konto?",
  "up.otherDo": "Anmelden",
};
export default deutsch;
