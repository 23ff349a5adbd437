import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  "share.title": "Visitenkarte",
  "share.lead": "Ein Link für Menschen deiner Wahl. Wer ihn hat, sieht das hier, und nicht mehr:",
  "share.create": "Link erstellen",
  "share.link": "Dein Link",
  "share.copy": "Kopieren",
  "share.copied": "Der Link ist kopiert.",
  "share.qr": "Als QR-Code zeigen",
  "share.qrHide": "QR-Code verbergen",
  "share.qrOf": "QR-Code deines Links",
  "share.lost": "Dein Link gilt, lässt sich hier aber nicht mehr zeigen. Ein neuer Link ersetzt ihn.",
  "share.rotate": "Neuer Link",
  "share.rotated": "Hier ist ein neuer Link. Der alte ist tot.",
  "share.created": "Dein Link ist fertig.",
  "share.revoke": "Widerrufen",
  "share.revoked": "Der Link ist tot.",
  "share.off": "Links sind gerade abgeschaltet. Widerrufen kannst du deinen trotzdem.",
  "share.until": "Gilt bis {date}. Widerrufen oder Ersetzen macht den Link sofort tot.",

  "card.eyebrow": "Eine Stagedoor-Karte",
  "card.says": "{name} hat diese Karte mit dir geteilt.",
  "card.expires": { one: "läuft in einem Tag ab", other: "läuft in {count} Tagen ab" },
  "card.expiresToday": "läuft heute ab",
  "card.join": "Mitmachen",
  "card.signIn": "Ich habe ein Konto",
  "card.fans": "Stagedoor hält Fans privat: Was du hier siehst, ist alles, was dieser Link verrät.",
  "dead.title": "Dieser Link führt nirgendwohin",
  "dead.lead":
    "Er ist vielleicht abgelaufen oder zurückgenommen, oder es gab ihn nie. Frag die Person, von der du ihn hast, nach einem neuen.",
  "dead.home": "Zum Anfang",
  "problem.again": "Noch einmal",
};
export default deutsch;
