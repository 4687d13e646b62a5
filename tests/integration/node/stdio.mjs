// Usage: node stdio.mjs v1|v2 MODE PYTHON ROOT
// Plays the round with an official SDK that starts `manage.py mcp_stdio` by itself. MODE is for the second one.

import { play } from "./round.mjs";

const [sdk, mode, python, cwd] = process.argv.slice(2);
const server = { command: python, args: ["manage.py", "mcp_stdio", "--as", "admin"], cwd, env: process.env };
const info = { name: `sdk-${sdk}`, version: "1.0.0" };

if (sdk === "v1") {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const client = new Client(info);
  await client.connect(new StdioClientTransport(server));
  await play(client, mode, []);
} else {
  const { Client } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const client = new Client(info, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport(server));
  await play(client, client.getNegotiatedProtocolVersion(), []);
}
