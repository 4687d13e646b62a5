// Usage: node sdk_v1.mjs URL
// Plays the round with the first TypeScript SDK, which opens with the handshake.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { play, watch } from "./round.mjs";

const [url] = process.argv.slice(2);
const { requests, options } = watch();
const transport = new StreamableHTTPClientTransport(new URL(url), options);
const client = new Client({ name: "sdk-v1", version: "1.0.0" });
await client.connect(transport);
await play(client, transport.protocolVersion, requests);
