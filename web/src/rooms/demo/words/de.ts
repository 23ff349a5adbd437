import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  title: "Ein Anruf, zwei Telefone",
  lead: "Zwei Menschen, zwei echte Sitzungen der echten Sache. Drücke in Mias Telefon {video} neben Sam; dann nimm in Sams Telefon ab.",
  "lead.video": "Video",
  "phone.mia": "Mia, Creator",
  "phone.sam": "Sam, Fan",
  "phone.title": "Das Telefon von {name}",
  open: "In einem Tab öffnen",
  events: "Was gerade geschah",
  "events.lead":
    "Jeder Schritt wird in derselben Transaktion festgehalten wie die Änderung selbst. Diese Liste liest genau das.",
  "events.none": "Noch nichts. Drücke Video in Mias Telefon.",
  "off.title": "Hier läuft keine Vorführung",
  "off.lead": "Dieser Dienst wurde nicht als Vorführung gestartet, darum gibt es keine Telefone zu sehen.",
  "off.home": "Zum Anfang",
  wait: "Beide Telefone werden angemeldet …",
  "event.call.rung": "Mia ruft Sam an: Binnen einer Sekunde zeigt es das Telefon, mit dem Preis.",
  "event.call.accepted": "Sam nimmt an. Token für die ersten Minuten werden zurückgelegt.",
  "event.call.declined": "Sam lehnt ab. Nichts wird berechnet.",
  "event.call.cancelled": "Vor der Antwort aufgelegt. Nichts wird berechnet.",
  "event.call.missed": "Zwei Minuten lang keine Antwort. Nichts wird berechnet.",
  "event.call.connected": "Beide sehen und hören einander: Die Uhr läuft.",
  "event.call.reconnecting": "Eine Seite hat die andere verloren: Die Uhr steht.",
  "event.call.reconnected": "Das Bild ist wieder da: Die Uhr läuft weiter.",
  "event.call.ended": "Das Gespräch ist vorbei.",
  "event.call.failed": "Es kam keine Verbindung zustande. Nichts wird berechnet.",
  "event.call.funds_low": "Die Token reichen keine Minute mehr.",
  "event.call.settled": "Bezahlt: Das Verbrauchte ging an Mia, der Rest ist wieder frei.",
  "event.call.held": "Token für die nächsten Minuten werden zurückgelegt.",
  "event.call.joined": "Eine Seite hat Bild und Ton geöffnet.",
  "event.media.connected": "Eine Seite empfängt die andere.",
  "event.media.lost": "Eine Seite empfängt die andere nicht mehr.",
  "event.session.created": "Jemand meldet sich an.",
  "event.other": "{type}",
};
export default deutsch;
