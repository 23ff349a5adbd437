/**
 * Agora's own npm package, asked for tokens: reads a list of cases on stdin, writes a list of tokens. A case with a
 * role goes through the official builder, which draws time and salt itself; the others fix them.
 */
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { RtcTokenBuilder } = require("agora-token");
const { AccessToken2, ServiceRtc } = require("agora-token/src/AccessToken2.js");

function tokenOf({ appId, certificate, channel, uid, expire, issuedAt, salt, privileges, role }) {
  if (role) return RtcTokenBuilder.buildTokenWithUid(appId, certificate, channel, uid, role, expire, expire);
  const token = new AccessToken2(appId, certificate, issuedAt, expire);
  token.salt = salt;
  const service = new ServiceRtc(channel, uid);
  for (const [privilege, seconds] of privileges) service.add_privilege(privilege, seconds);
  token.add_service(service);
  return token.build();
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
process.stdout.write(JSON.stringify(JSON.parse(text).map(tokenOf)));
