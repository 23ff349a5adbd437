import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  "in.title": "Willkommen zurück",
  "in.lead": "Melde dich an und sieh, wer dich erreichen kann oder wen du anrufen kannst.",
  "up.title": "Bei Stagedoor mitmachen",
  "up.lead": "Du beginnst privat: Niemand findet dich oder ruft dich an, bis du es erlaubst.",
  username: "Benutzername",
  "username.hint": "2 bis 30 kleine Buchstaben, Ziffern oder _ . -",
  displayName: "Name, den andere sehen",
  password: "Passwort",
  "password.hint": "Mindestens 10 Zeichen",
  "password.show": "Passwort zeigen oder verbergen",
  creator: "Ich bin Creator: Ich möchte eine Seite und meine Fans anrufen",
  close: "Schließen",
  "in.do": "Anmelden",
  "up.do": "Konto anlegen",
  "in.other": "Neu hier?",
  "in.otherDo": "Konto anlegen",
  "up.other": "Du hast schon ein Konto?",
  "up.otherDo": "Anmelden",
};
export default deutsch;
