import { defineWords } from "../../../../lib/i18n/words";
import english from "./en";

export const checkWords = defineWords(english, { de: () => import("./de") });
