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
  "event.call.ringing": "Mia ruft Sam an. Binnen einer Sekunde zeigt es sein Telefon, mit dem Preis.",
  "event.call.connecting":
    "Sam nimmt an. Token für die ersten Minuten werden zurückgelegt, Bild und Ton öffnen sich.",
  "event.call.declined": "Sam lehnt ab. Nichts wird berechnet.",
  "event.call.cancelled": "Mia legt vor der Antwort auf. Nichts wird berechnet.",
  "event.call.missed": "Zwei Minuten lang keine Antwort. Nichts wird berechnet.",
  "event.call.active": "Beide empfangen einander: Die Uhr läuft.",
  "event.call.reconnecting": "Eine Seite hat die andere verloren: Die Uhr steht.",
  "event.call.ended": "Das Gespräch ist vorbei. Das Verbrauchte ging an Mia, der Rest ist wieder frei.",
  "event.call.failed": "Es kam keine Verbindung zustande. Nichts wird berechnet.",
  "event.call.funds_low": "Die Token reichen keine Minute mehr.",
  "event.call.taken_over": "Ein anderer Tab führt das Gespräch jetzt.",
  "event.tip.given": "Jemand gibt Trinkgeld.",
  "event.follow.started": "Jemand folgt einem Creator.",
  "event.follow.ended": "Jemand folgt einem Creator nicht mehr.",
  "event.wallet.topped_up": "Jemand kauft Token.",
  "event.account.created": "Jemand macht mit.",
  "event.creator.prices_changed": "Ein Creator ändert die Preise. Was schon klingelt, behält seine.",
  "event.flag.set": "Jemand im Betrieb hat einen Schalter umgelegt.",
  "event.other": "{type}",
};
export default deutsch;
