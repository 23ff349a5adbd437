import type { Translation } from "../i18n/words";
import type english from "./en";

const deutsch: Translation<typeof english> = {
  UNREACHABLE:
    "Der Dienst ist gerade nicht erreichbar. Prüfe deine Verbindung; die Seite versucht es weiter.",
  UNEXPECTED: "Bei uns ist etwas schiefgegangen. Bitte versuche es gleich noch einmal.",
  REFUSED: "Das war nicht möglich. Bitte versuche es noch einmal.",
  UNAUTHENTICATED: "Bitte melde dich dafür an.",
  INVALID_CREDENTIALS: "Name und Passwort gehören nicht zusammen.",
  USERNAME_TAKEN: "Diesen Namen gibt es schon. Bitte wähle einen anderen.",
  FEATURE_DISABLED: "Das ist im Moment abgeschaltet.",
  FORBIDDEN: "Das darfst du nicht.",
  CREATOR_ONLY: "Das können nur Creator.",
  NOT_FOUND: "Das wurde nicht gefunden.",
  FAN_UNAVAILABLE: "Dieser Fan ist nicht erreichbar.",
  CREATOR_BUSY: "Bei dir klingelt oder läuft schon ein Anruf. Beende ihn zuerst.",
  FAN_BUSY: "Dort läuft gerade ein anderer Anruf. Versuche es etwas später.",
  RATE_LIMITED: "Das war viel auf einmal. Bitte warte einen Moment.",
  RATE_LIMITED_FOR: "Das war viel auf einmal. In {time} geht es wieder.",
  CALL_COOLDOWN: "Du hast eben erst angerufen. In {time} kannst du es wieder versuchen.",
  VALIDATION_FAILED: "Im Formular stimmt etwas nicht. Bitte sieh noch einmal nach.",
  INSUFFICIENT_TOKENS: "Die Token reichen nicht für eine Minute dieses Anrufs.",
  INSUFFICIENT_TOKENS_MISSING: "Für die erste Minute fehlen dir {count} Token.",
  ANSWERED_ELSEWHERE: "Du hast diesen Anruf auf einem anderen Gerät angenommen.",
  INVITATION_EXPIRED: "Dieser Anruf klingelt nicht mehr.",
  CALL_CANCELLED: "Es wurde aufgelegt, bevor du angenommen hast.",
  CALL_NOT_FOUND: "Diesen Anruf gibt es nicht mehr.",
  SERVICE_UNAVAILABLE: "Der Dienst macht eine kurze Pause. Bitte versuche es noch einmal.",
};
export default deutsch;
