// Usage: node sdk_v2.mjs URL [legacy | auto | VERSION]
// Plays the round with the second TypeScript SDK: "legacy", its default, opens with the handshake,
// "auto" asks with server/discover whether the server needs one, a version is spoken without asking.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { play, watch } from "./round.mjs";

const [url, mode = "legacy"] = process.argv.slice(2);
const { requests, options } = watch();
const client = new Client({ name: "sdk-v2", version: "1.0.0" }, { versionNegotiation: { mode: /^\d/.test(mode) ? { pin: mode } : mode } });
await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
await play(client, client.getNegotiatedProtocolVersion(), requests);
