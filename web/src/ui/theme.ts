/** The look: warm paper, one garnet accent, system fonts. Shades are chosen so that text on them reaches WCAG AA. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const garnet: MantineColorsTuple = [
  "#fdf0f1",
  "#f8dcdf",
  "#efb6bd",
  "#e68e99",
  "#de6c7b",
  "#d65567",
  "#c44457",
  "#b23a4d",
  "#9c2f45",
  "#7e2337",
];

/** Neutral greys with a little earth in them, so that nothing looks like a dashboard. */
const gray: MantineColorsTuple = [
  "#faf7f3",
  "#f3eee7",
  "#e9e2d8",
  "#dad1c5",
  "#c4b9ab",
  "#9c9083",
  "#776c61",
  "#5b5148",
  "#3f3832",
  "#26211d",
];

const dark: MantineColorsTuple = [
  "#ece5dd",
  "#d3cac1",
  "#aea399",
  "#8a8078",
  "#4d453f",
  "#3b3530",
  "#2c2723",
  "#221e1b",
  "#1a1714",
  "#131110",
];

export const theme = createTheme({
  colors: { garnet, gray, dark },
  primaryColor: "garnet",
  primaryShade: 8,
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "never",
  respectReducedMotion: true,
  fontFamily:
    '-apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif',
  headings: {
    fontFamily:
      'ui-serif, "New York", "Iowan Old Style", "Palatino Linotype", Palatino, "Liberation Serif", Georgia, serif',
    fontWeight: "500",
    sizes: {
      h1: { fontSize: "2.1rem", lineHeight: "1.2" },
      h2: { fontSize: "1.45rem", lineHeight: "1.3" },
      h3: { fontSize: "1.15rem", lineHeight: "1.35" },
    },
  },
  radius: { xs: "6px", sm: "8px", md: "12px", lg: "18px", xl: "28px" },
});
