// Usage: node nouns.mjs (v1 | v2) URL [legacy | auto]
// Lists, reads, gets and completes what ../nouns.json says, with either TypeScript SDK, and prints the answers.

import { readFile } from "node:fs/promises";

const [sdk, url, mode = "legacy"] = process.argv.slice(2);
const steps = JSON.parse(await readFile(new URL("../nouns.json", import.meta.url), "utf8"));
const { Client, StreamableHTTPClientTransport } =
  sdk === "v2"
    ? await import("@modelcontextprotocol/client")
    : {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      };

const client = new Client({ name: `nouns-${sdk}`, version: "1.0.0" }, { versionNegotiation: { mode } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const calls = {
  "resources/list": (params) => client.listResources(params),
  "resources/templates/list": (params) => client.listResourceTemplates(params),
  "resources/read": (params) => client.readResource(params),
  "prompts/list": (params) => client.listPrompts(params),
  "prompts/get": (params) => client.getPrompt(params),
  "completion/complete": (params) => client.complete(params),
};
const answers = [];
for (const { method, params } of steps) {
  answers.push(await calls[method](params).catch((error) => ({ error: { code: error.code, data: error.data } })));
}
const capabilities = Object.keys(client.getServerCapabilities()).sort();
await client.close();
console.log(JSON.stringify({ capabilities, answers }));
