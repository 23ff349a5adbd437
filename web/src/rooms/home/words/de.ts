import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  "welcome.title": "Nah bei deinen Leuten, zu deinen Bedingungen",
  "welcome.lead":
    "Fans sind privat, bis sie es anders wollen. Creator rufen nur an, wer es erlaubt, zu einem Preis, den alle vorher sehen.",
  "welcome.join": "Konto anlegen",
  "welcome.signIn": "Anmelden",
  "welcome.demo": "Mit zwei Telefonen ausprobieren",
  "welcome.fan.title": "Für Fans",
  "welcome.fan.text":
    "Niemand findet dich, schreibt dir oder ruft dich an, wenn du es nicht erlaubst. Preis und Dauer siehst du, bevor du annimmst.",
  "welcome.creator.title": "Für Creator",
  "welcome.creator.text":
    "Ruf die Menschen an, die dich kennen. Du bestimmst den Minutenpreis; es zählt nur die Zeit, in der ihr euch seht oder hört.",
  "welcome.money.title": "Für beide",
  "welcome.money.text": "Klingeln ist frei, Lücken sind frei, und eine Quittung zeigt jede bezahlte Sekunde.",
  "fan.title": "Hallo, {name}",
  "fan.nobody": "Gerade kann dich kein Creator anrufen.",
  "fan.reach": {
    one: "Ein Creator kann dich anrufen: {names}.",
    other: "{count} Creator können dich anrufen: {names}.",
  },
  "fan.search": "Über die Suche findet dich niemand.",
  "fan.searchable": "Creator können dich über die Suche finden.",
  "fan.everyone": "Jeder Creator darf dich anrufen.",
  "fan.tokens": "Deine Token",
  "fan.available": { one: "Token verfügbar", other: "Token verfügbar" },
  "fan.held": {
    one: "{count} weiterer ist für einen Anruf reserviert.",
    other: "{count} weitere sind für einen Anruf reserviert.",
  },
  "fan.who": "Wer dich erreichen kann",
  "fan.whoNone": "Noch niemand. Wem du folgst oder Trinkgeld gibst, kann dich erreichen.",
  "fan.because.follows": "du folgst",
  "fan.because.tips": "du hast Trinkgeld gegeben",
  "fan.because.calls": "ihr habt telefoniert",
  "fan.can.call": "kann anrufen",
  "fan.can.message": "kann schreiben",
  "fan.can.see": "kann dich sehen",
  "fan.ready": "Vor einem Anruf",
  "fan.ready.text":
    "Sieh und hör dich zuerst selbst, und lass diesen Browser klingeln, wenn die Seite zu ist.",
  "fan.ready.ring": "Klingeln, wenn diese Seite zu ist",
  "fan.wallet": "Guthaben öffnen",
  "fan.privacy": "Das ändern",
};
export default deutsch;
