/** Weighs the script that the first load of each page fetches, as the service sends it, and fails above the bar. */
import { readFileSync, statSync } from "node:fs";

/** Bytes; 1 kB is 1000 of them. */
const BAR = 150_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** What a signed-in page always fetches besides its own chunk. */
const SIGNED_IN = [
  "src/lib/realtime/socketio.ts",
  "src/rooms/calls/desk/desk.ts",
  "src/rooms/calls/desk/http.ts",
  "src/rooms/calls/CallStage.tsx",
];
/** A page whose content is chosen by who looks at it. */
const VARIANTS = { "src/rooms/home/Home.tsx": ["src/rooms/home/FanHome.tsx", "src/rooms/home/Welcome.tsx"] };

/** Shown to the signed-out, who hold no connection. */
const SIGNED_OUT = ["src/rooms/home/Welcome.tsx", "src/rooms/account/SignIn.tsx", "src/rooms/demo/Demo.tsx"];

const weights = new Map();
function weigh(file) {
  if (!weights.has(file)) weights.set(file, statSync(new URL(`${file}.br`, dist)).size);
  return weights.get(file);
}

function closure(keys, found = new Set()) {
  for (const key of keys) {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`not in the build: ${key}`);
    if (found.has(key)) continue;
    found.add(key);
    closure(chunk.imports ?? [], found);
  }
  return found;
}

const table = readFileSync(new URL("../src/app/routes.tsx", import.meta.url), "utf8");
const pages = [...table.matchAll(/import\("\.\.\/(rooms\/[^"]+)"\)/g)].map(([, path]) => `src/${path}.tsx`);
let heavy = 0;
for (const page of pages) {
  for (const variant of VARIANTS[page] ?? [page]) {
    const keys = closure(["index.html", page, variant, ...(SIGNED_OUT.includes(variant) ? [] : SIGNED_IN)]);
    const files = new Set([...keys].map((key) => manifest[key].file).filter((file) => file.endsWith(".js")));
    const total = [...files].reduce((sum, file) => sum + weigh(file), 0);
    if (total > BAR) heavy += 1;
    process.stdout.write(`${(total / 1000).toFixed(1).padStart(7)} kB  ${variant}\n`);
  }
}
if (heavy > 0) {
  process.stderr.write(`${heavy} page(s) above ${BAR / 1000} kB\n`);
  process.exit(1);
}
