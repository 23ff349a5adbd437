import type { Translation } from "../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  title: "Guthaben",
  lead: { one: "Du kannst einen Token ausgeben.", other: "Du kannst {count} Token ausgeben." },
  balance: "Guthaben",
  held: "Für einen Anruf reserviert",
  available: "Ausgeben kannst du",
  "held.text": "Was für einen Anruf reserviert ist, wird verbraucht oder am Ende wieder frei.",
  "add.title": "Token hinzufügen",
  "add.lead": "Hier kosten Token nichts: Das ist ein Ort zum Ausprobieren.",
  "add.choose": "Wie viele",
  "add.do": { one: "Einen Token hinzufügen", other: "{count} Token hinzufügen" },
  "add.done": { one: "Ein Token kam hinzu.", other: "{count} Token kamen hinzu." },
  "entries.title": "Jede Bewegung",
  "entries.none": "Noch hat sich nichts bewegt.",
  "entries.more": "Mehr zeigen",
  "kind.credit": "Vom Betreiber gutgeschrieben",
  "kind.top_up": "Du hast Token hinzugefügt",
  "kind.tip.out": "Trinkgeld von dir",
  "kind.tip.in": "Trinkgeld an dich",
  "kind.tip_refund.in": "Ein Trinkgeld kam zurück",
  "kind.tip_refund.out": "Ein Trinkgeld wurde zurückgegeben",
  "kind.call.out": "Ein Anruf",
  "kind.call.in": "Ein Anruf von dir",
  "kind.call_refund.in": "Rückzahlung für einen Anruf",
  "kind.call_refund.out": "Ein Anruf wurde zurückgezahlt",
  "kind.other": "Eine Bewegung",
  call: "Deine Anrufe",
};
export default deutsch;
