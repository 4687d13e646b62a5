// Usage: node sign_in.mjs v1|v2 URL REDIRECT [DOCUMENT] [legacy | VERSION]
// Signs in with either TypeScript SDK, calls a tool, lets the token be refreshed and calls the tool again.

import { execFileSync } from "node:child_process";

const [sdk, url, redirectUrl, documentUrl, mode = "legacy"] = process.argv.slice(2);
const seen = { redirects: 0, tokens: [], answers: [] };
const kept = {};
const provider = {
  redirectUrl,
  ...(documentUrl ? { clientMetadataUrl: documentUrl } : {}),
  clientMetadata: {
    client_name: "Test",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => "a state",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void seen.tokens.push((kept.tokens = tokens)),
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (state) => void (kept.discovery = state),
  discoveryState: () => kept.discovery,
  redirectToAuthorization: (address) => {
    seen.redirects += 1;
    seen.asked = Object.fromEntries(address.searchParams);
    const root = new URL("../../..", import.meta.url).pathname;
    const browser = ["-m", "tests.signing_in.browser", address.href];
    kept.cameBack = new URL(execFileSync("python", browser, { cwd: root, encoding: "utf8" }).trim());
  },
};

const { Client, StreamableHTTPClientTransport } = await (sdk === "v1" ? first() : import("@modelcontextprotocol/client"));
async function first() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  return { Client, StreamableHTTPClientTransport };
}

async function connect() {
  const options = { versionNegotiation: { mode: /^\d/.test(mode) ? { pin: mode } : mode } };
  const client = new Client({ name: "sign-in", version: "1.0.0" }, sdk === "v1" ? {} : options);
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  try {
    await client.connect(transport);
    return client;
  } catch (error) {
    if (!kept.cameBack) throw error;
    const { searchParams } = kept.cameBack;
    delete kept.cameBack;
    await (sdk === "v1" ? transport.finishAuth(searchParams.get("code")) : transport.finishAuth(searchParams));
    return connect();
  }
}

const client = await connect();
seen.answers.push(await client.callTool({ name: "list_users_user", arguments: {} }));
kept.tokens = { ...kept.tokens, access_token: "worn out" };
seen.answers.push(await client.callTool({ name: "list_users_user", arguments: {} }));
seen.client_id = kept.client?.client_id ?? null;
await client.close();
console.log(JSON.stringify(seen));
