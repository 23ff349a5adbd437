import type { Translation } from "../../../../lib/i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  open: "Profil von {name}",
  since: "Seit {date}",
  stranger: "Noch nichts gemeinsam",
  history: "Was ihr gemeinsam habt",
  "history.none": "Noch nichts.",
  "did.follow": "Folgt dir",
  "did.tip": { one: "Einen Token Trinkgeld", other: "{count} Token Trinkgeld" },
  "did.call.voice": "Sprachanruf, {time}",
  "did.call.video": "Videoanruf, {time}",
  "did.message": { one: "Eine Nachricht", other: "{count} Nachrichten" },
  voice: "Sprache",
  video: "Video",
  message: "Nachricht",
  messageTo: "Nachricht an {name}",
  block: "Blockieren",
  blockWho: "{name} blockieren",
  blocked: "{name} ist blockiert.",
  unblocked: "{name} ist nicht mehr blockiert.",
  undo: "Rückgängig",
  close: "Schließen",
  gone: "Dieses Profil ist nicht verfügbar.",
  search: "Einen Fan finden",
  "search.hint": "Zwei Buchstaben eines Namens, oder mehr",
  "search.none": "Zu diesem Namen ist niemand zu zeigen.",
  "search.found": { one: "Ein Fan gefunden", other: "{count} Fans gefunden" },
  blocks: "Fans, die du blockiert hast",
  unblock: "Freigeben",
  unblockWho: "{name} freigeben",
};
export default deutsch;
