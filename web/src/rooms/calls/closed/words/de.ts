import type { Translation } from "../../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  title: "Wenn diese Seite zu ist",
  on: "Klingeln, wenn diese Seite zu ist",
  "on.so": "Ein Anruf erscheint als Mitteilung dieses Browsers, mit dem Preis, und lässt sich dort ablehnen.",
  "off.so": "Solange in diesem Browser keine Seite von uns offen ist, hörst du nicht, dass jemand anruft.",
  discreet: "Keine Namen auf dem Bildschirm",
  "discreet.so": "Die Mitteilung sagt, dass jemand anruft, aber nicht wer.",
  quiet: "Ruhezeiten gelten auch hier.",
  saved: "Gespeichert. Dieser Browser klingelt, wenn die Seite zu ist.",
  cleared: "Gespeichert. Dieser Browser klingelt nur, solange eine Seite offen ist.",
  never:
    "Dieser Browser kann nicht klingeln, wenn die Seite zu ist. Lass eine Seite offen oder nimm einen anderen Browser.",
  install:
    "Füge diese Seite auf diesem Gerät zuerst zum Home-Bildschirm hinzu: „Teilen“, dann „Zum Home-Bildschirm“. Öffne sie von dort und komm hierher zurück.",
  denied: "Dein Browser erlaubt keine Mitteilungen von dieser Seite.",
  "denied.chrome":
    "Drück das Zeichen links neben der Adresse, erlaube dort Mitteilungen und lade diese Seite neu.",
  "denied.firefox":
    "Drück das Schloss neben der Adresse, entferne die Sperre für Mitteilungen und lade diese Seite neu.",
  "denied.safari":
    "Wähle in den Einstellungen von Safari „Websites“, dann „Mitteilungen“, und erlaube diese Seite.",
  later: "Du hast noch nicht entschieden. Dein Browser fragt wieder, wenn du es einschaltest.",
  failed:
    "Dieser Browser konnte nicht bei seinem Push-Dienst angemeldet werden. Versuch es gleich noch einmal.",
};
export default deutsch;
