import { defineWords } from "../../../lib/i18n/words";
import english from "./en";

export const opsWords = defineWords(english, { de: () => import("./de") });
