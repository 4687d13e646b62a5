// Usage: node listen.mjs v1|v2 URL RESOURCE [legacy | VERSION]
// Listens to a resource, says READY, and prints the URI of the first update that it hears of.

const [sdk, url, uri, mode = "legacy"] = process.argv.slice(2);
let client, transport, schema;

if (sdk === "v1") {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  schema = (await import("@modelcontextprotocol/sdk/types.js")).ResourceUpdatedNotificationSchema;
  client = new Client({ name: "listen", version: "1.0.0" });
  transport = new StreamableHTTPClientTransport(new URL(url));
} else {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  schema = "notifications/resources/updated";
  const versionNegotiation = { mode: /^\d/.test(mode) ? { pin: mode } : mode };
  client = new Client({ name: "listen", version: "1.0.0" }, { versionNegotiation });
  transport = new StreamableHTTPClientTransport(new URL(url));
}
const updated = new Promise((resolve) => client.setNotificationHandler(schema, (message) => resolve(message.params.uri)));
await client.connect(transport);
if (mode === "legacy") await client.subscribeResource({ uri });
else await client.listen({ resourceSubscriptions: [uri] });
console.log("READY");
console.log(await updated);
process.exit(0);
