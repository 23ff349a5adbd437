/** Builds the UI into web/dist, which the service serves; in development the service answers /api and the socket. */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { build, defineConfig, type Plugin } from "vite";
import type {} from "vitest/config";

const service = process.env.STAGEDOOR_URL ?? "http://127.0.0.1:8000";

/** The API's documentation page (/docs) is drawn by Swagger UI from our own address. */
const swagger: Plugin = {
  name: "swagger-ui",
  apply: "build",
  closeBundle() {
    for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"])
      cpSync(`node_modules/swagger-ui-dist/${file}`, `dist/swagger/${file}`);
  },
};

/** /sw.js, the service worker: one classic script of its own under a name that never changes. */
const serviceWorker: Plugin = {
  name: "service-worker",
  apply: "build",
  async generateBundle() {
    const built = await build({
      configFile: false,
      logLevel: "warn",
      publicDir: false,
      build: {
        write: false,
        target: "es2022",
        reportCompressedSize: false,
        lib: { entry: "src/sw/main.ts", formats: ["iife"], name: "worker", fileName: () => "sw.js" },
      },
    });
    for (const { output } of [built].flat() as {
      output: { type: string; fileName: string; code: string }[];
    }[])
      for (const chunk of output)
        if (chunk.type === "chunk")
          this.emitFile({ type: "asset", fileName: chunk.fileName, source: chunk.code });
  },
};

const LARGE = 500_000;

/** A `.br` and a `.gz` beside every text file: the service hands out the smallest a browser takes, and compresses nothing. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  closeBundle() {
    for (const entry of readdirSync("dist", { recursive: true, withFileTypes: true })) {
      const path = `${entry.parentPath}/${entry.name}`;
      if (!entry.isFile() || !/\.(js|css|svg|webmanifest)$/.test(path)) continue;
      const quality = statSync(path).size > LARGE ? 9 : 11;
      const plain = readFileSync(path);
      const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
      writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }));
      writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [react(), swagger, serviceWorker, compressed],
  build: {
    outDir: "dist",
    target: "es2022",
    // Newest first: light-dark() must reach the browser as it is written.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    manifest: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every page needs, in one chunk: it compresses better together.
        codeSplitting: {
          groups: [
            {
              name: "base",
              test: /node_modules.(react|react-dom|react-router|scheduler|openapi-fetch|clsx|@tanstack|@mantine.core.esm.core)[\\/]/,
            },
          ],
        },
      },
    },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600, // the Agora SDK, which only its users load
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: { "/api": service, "/socket.io": { target: service, ws: true } },
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], css: false, restoreMocks: true },
});
