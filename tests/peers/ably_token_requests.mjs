/** Ably's own client, asked to sign token requests: reads a list of cases on stdin, writes what it signed. */
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const Ably = require("ably");

let text = "";
for await (const chunk of process.stdin) text += chunk;
const signed = [];
for (const { key, clientId, channels, ttl, timestamp, nonce } of JSON.parse(text)) {
  const capability = Object.fromEntries(channels.map((channel) => [channel, ["subscribe"]]));
  const rest = new Ably.Rest({ key });
  signed.push(await rest.auth.createTokenRequest({ clientId, capability, ttl: ttl * 1000, timestamp, nonce }));
}
process.stdout.write(JSON.stringify(signed));
