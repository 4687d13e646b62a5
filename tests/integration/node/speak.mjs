// Usage: node speak.mjs v1|v2 URL [legacy | auto | VERSION]
// Hears progress and log messages and answers a question, with either TypeScript SDK.

const [sdk, url, mode = "legacy"] = process.argv.slice(2);
const heard = { progress: [], logs: [], questions: [] };
const options = { capabilities: { elicitation: {} } };
let client, transport, schemas;

if (sdk === "v1") {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const types = await import("@modelcontextprotocol/sdk/types.js");
  schemas = [types.ElicitRequestSchema, types.LoggingMessageNotificationSchema];
  client = new Client({ name: "speak", version: "1.0.0" }, options);
  transport = new StreamableHTTPClientTransport(new URL(url));
} else {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  schemas = ["elicitation/create", "notifications/message"];
  const versionNegotiation = { mode: /^\d/.test(mode) ? { pin: mode } : mode };
  client = new Client({ name: "speak", version: "1.0.0" }, { ...options, versionNegotiation });
  transport = new StreamableHTTPClientTransport(new URL(url));
}
client.setRequestHandler(schemas[0], async (request) => {
  heard.questions.push(request.params.message);
  // The first answer is too long for the question.
  return { action: "accept", content: { name: heard.questions.length === 1 ? "x".repeat(21) : "Ann" } };
});
client.setNotificationHandler(schemas[1], (message) => void heard.logs.push(message.params.data));

await client.connect(transport);
const isStateless = sdk === "v2" && mode !== "legacy";
if (!isStateless) await client.setLoggingLevel("info");
const meta = isStateless ? { _meta: { "io.modelcontextprotocol/logLevel": "info" } } : {};
const onprogress = (progress) => void heard.progress.push(progress);
const call = (params, more) => (sdk === "v1" ? client.callTool(params, undefined, more) : client.callTool(params, more));
const counted = await call({ name: "count", arguments: {}, ...meta }, { onprogress });
const asked = await call({ name: "ask_name", arguments: {} });
console.log(JSON.stringify({ ...heard, counted: counted.structuredContent, asked: asked.structuredContent }));
await client.close();
