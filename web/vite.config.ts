/** Builds the UI into web/dist, which the service serves; in development the service answers /api and the socket. */
import { cpSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
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

export default defineConfig({
  plugins: [react(), swagger],
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
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: { "/api": service, "/socket.io": { target: service, ws: true } },
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], css: false, restoreMocks: true },
});
