import { createServer } from "node:http";

export interface PoisonedNode extends AsyncDisposable {
  readonly url: string;
  /** Answers these methods with an error of this text from now on; null: tells the truth again. */
  say(text: string | null, methods?: readonly string[]): void;
}

/** A node that is the chain's, and says what it likes in place of an answer. */
export async function startPoisonedNode(chain: string): Promise<PoisonedNode> {
  let [said, of]: [string | null, readonly string[] | null] = [null, null];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const parsed = JSON.parse(body) as { id: unknown; method: string } | { id: unknown; method: string }[];
    const calls = Array.isArray(parsed) ? parsed : [parsed];
    const text = said;
    response.setHeader("content-type", "application/json");
    if (text !== null && calls.some(({ method }) => of?.includes(method) ?? true)) {
      const errors = calls.map(({ id }) => ({ jsonrpc: "2.0", id, error: { code: -32000, message: text, data: text } }));
      return void response.end(JSON.stringify(Array.isArray(parsed) ? errors : errors[0]));
    }
    const asked = await fetch(chain, { method: "POST", headers: { "content-type": "application/json" }, body });
    response.end(await asked.text());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    say(text, methods) {
      [said, of] = [text, methods ?? null];
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
