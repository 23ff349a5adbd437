import type { Translation } from "../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  "ring.title": "{name} ruft an",
  "ring.discreet": "Du wirst angerufen",
  "ring.voice": "Sprache",
  "ring.video": "Video",
  "ring.price": { one: "{count} Token je Minute", other: "{count} Token je Minute" },
  "ring.free": "Dieser Anruf ist kostenlos",
  "ring.accept": "Annehmen",
  "ring.acceptVideo": "Annehmen, Kamera aus",
  "ring.decline": "Ablehnen",
  "missed.title": "Du hast einen Anruf verpasst",
  "missed.text": "{name} hat dich angerufen.",
};
export default deutsch;
