import { defineWords } from "../../../../lib/i18n/words";
import english from "./en";

export const profileWords = defineWords(english, { de: () => import("./de") });
