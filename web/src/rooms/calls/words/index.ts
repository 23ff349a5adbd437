import { defineWords } from "../../../lib/i18n/words";
import english from "./en";

export const callsWords = defineWords(english, { de: () => import("./de") });
