// The round that every client plays (../round.json), for any client with the interface of the official SDKs.

import { readFile } from "node:fs/promises";

const steps = JSON.parse(await readFile(new URL("../round.json", import.meta.url), "utf8"));

/** A transport's options whose fetch() notes [HTTP method, JSON-RPC method, HTTP status] of each request. */
export function watch() {
  const requests = [];
  const options = {
    fetch: async (url, init = {}) => {
      const response = await fetch(url, init);
      const message = init.body ? JSON.parse(init.body) : {};
      requests.push([init.method ?? "GET", message.method ?? null, response.status]);
      return response;
    },
  };
  return { requests, options };
}

/** Play the round with a connected client and print what it saw as one JSON document. */
export async function play(client, protocol, requests) {
  const seen = {
    protocol,
    server: client.getServerVersion(),
    tools: (await client.listTools()).tools.map((tool) => tool.name),
    answers: [],
    requests,
  };
  for (const { call } of steps) seen.answers.push(await answer(client, call));
  await client.close();
  console.log(JSON.stringify(seen, null, 2));
}

async function answer(client, call) {
  try {
    return await client.callTool(call);
  } catch (error) {
    if (typeof error.code !== "number") throw error;
    // The first SDK puts words of its own before the server's.
    const message = error.message.replace(`MCP error ${error.code}: `, "");
    return { error: { code: error.code, message, data: error.data } };
  }
}
