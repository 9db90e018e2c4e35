import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { ModelApi } from "./model-port.ts";
import { tryKey } from "./try-key.ts";

/** Answers every request so, and remembers what was asked. */
async function endpoint(status: number, body: string) {
  const asked: { readonly path: string | undefined; readonly key: string | undefined }[] = [];
  const server = createServer(({ url, headers }, response) => {
    const key = headers.authorization ?? headers["x-api-key"];
    asked.push({ path: url, key: typeof key === "string" ? key : undefined });
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    baseUrl: (path: string) => new URL(`http://127.0.0.1:${port}${path}`),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const tried = (baseUrl: URL, api: ModelApi = "chat") =>
  tryKey({ provider: "openai", id: "gpt-4o", endpoint: { api, baseUrl }, apiKey: "sk-mine" });

test("a key that the endpoint refuses is told with the variable to export", async () => {
  await using server = await endpoint(401, JSON.stringify({ error: { message: "Incorrect API key provided" } }));
  await expect(tried(server.baseUrl("/v1"))).rejects.toMatchObject({
    code: "MODEL_KEY_REFUSED",
    remedy: expect.stringContaining("export OPENAI_API_KEY=…"),
    details: { variable: "OPENAI_API_KEY" },
  });
  expect(server.asked).toEqual([{ path: "/v1/models", key: "Bearer sk-mine" }]);
});

test("the messages API has its own path and header", async () => {
  await using server = await endpoint(200, "{}");
  await tried(server.baseUrl("/"), "messages");
  expect(server.asked).toEqual([{ path: "/v1/models", key: "sk-mine" }]);
});

test.each([
  [200, "{}"],
  [404, "no such page"],
  [403, "forbidden here"],
  [429, "slow down"],
  [500, "oh"],
  [401, "Missing scopes: api.model.read"],
])("an answer of %i that is no clear no holds nobody up: %s", async (status, body) => {
  await using server = await endpoint(status, body);
  await expect(tried(server.baseUrl("/v1"))).resolves.toBeUndefined();
});

test("an address where nobody is, is told at once", async () => {
  const server = await endpoint(200, "{}");
  const gone = server.baseUrl("/v1");
  await server[Symbol.asyncDispose]();
  await expect(tried(gone)).rejects.toMatchObject({ code: "MODEL_UNREACHABLE", message: expect.stringContaining(gone.host) });
});
