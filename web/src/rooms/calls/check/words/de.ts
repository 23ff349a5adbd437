import type { Translation } from "../../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  open: "Kamera und Mikrofon prüfen",
  title: "Kamera, Mikrofon und Ton",
  lead: "Nur du siehst und hörst das. Wenn du es schließt, ist alles wieder aus.",
  opening: "Dein Browser wird nach der Kamera gefragt…",
  level: "Pegel deines Mikrofons",
  "level.none": "kein Ton",
  "level.soft": "leise",
  "level.good": "gut",
  "level.loud": "sehr laut",
  speak: "Sag etwas: Der Balken bewegt sich mit deiner Stimme.",
  heard: "Dein Mikrofon funktioniert.",
  silent: "Es ist nichts zu hören. Sprich lauter, such einen Stummschalter oder wähle ein anderes Mikrofon.",
  noMicrophone: "Kein Mikrofon ist offen.",
  noCamera: "Kein Bild. Ein Sprachanruf braucht keins, und ein Videoanruf geht auch ohne.",
  cameraOff: "Kamera ausschalten",
  cameraOn: "Kamera einschalten",
  speaker: "Lautsprecher",
  play: "Ton abspielen",
  played: "Du solltest drei Töne hören. Wenn nicht: Mach lauter oder wähle im System einen anderen Ausgang.",
  done: "Fertig",
};
export default deutsch;
