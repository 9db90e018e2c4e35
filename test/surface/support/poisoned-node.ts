import { createServer } from "node:http";
import type { Hex } from "../../../src/core/hex.ts";

/** A call of a contract, and what is answered in place of the truth. */
export interface Lie {
  readonly to: Hex;
  /** First four bytes of the call. */
  readonly selector: Hex;
  readonly answer: Hex;
}

interface Asked {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

export interface PoisonedNode extends AsyncDisposable {
  readonly url: string;
  /** Answers these methods with an error of this text from now on; null: tells the truth again. */
  say(text: string | null, methods?: readonly string[]): void;
  /** Answers these calls of contracts with these words from now on; none: tells the truth again. */
  lie(lies: readonly Lie[]): void;
  /** How many lies have been told. */
  readonly lied: number;
}

/** A node that is the chain's, and says what it likes in place of an answer. */
export async function startPoisonedNode(chain: string): Promise<PoisonedNode> {
  let [said, of]: [string | null, readonly string[] | null] = [null, null];
  let told: readonly Lie[] = [];
  let lied = 0;
  const lieTo = ({ method, params = [] }: Asked): Lie | undefined => {
    const [asked] = params;
    if (method !== "eth_call" || typeof asked !== "object" || asked === null) return undefined;
    const { to, data, input } = asked as { readonly to?: string; readonly data?: string; readonly input?: string };
    const bytes = data ?? input ?? "";
    return told.find((lie) => lie.to === to?.toLowerCase() && bytes.startsWith(lie.selector));
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const parsed = JSON.parse(body) as Asked | Asked[];
    const calls = Array.isArray(parsed) ? parsed : [parsed];
    const text = said;
    response.setHeader("content-type", "application/json");
    if (text !== null && calls.some(({ method }) => of?.includes(method) ?? true)) {
      const errors = calls.map(({ id }) => ({ jsonrpc: "2.0", id, error: { code: -32000, message: text, data: text } }));
      return void response.end(JSON.stringify(Array.isArray(parsed) ? errors : errors[0]));
    }
    const asked = await fetch(chain, { method: "POST", headers: { "content-type": "application/json" }, body });
    const lies = new Map(calls.flatMap((call) => (lieTo(call) ? [[call.id, lieTo(call)?.answer]] : [])));
    lied += lies.size;
    if (lies.size === 0) return void response.end(await asked.text());
    const truth = (await asked.json()) as { id: unknown } | { id: unknown }[];
    const turned = (Array.isArray(truth) ? truth : [truth]).map((one) =>
      lies.has(one.id) ? { jsonrpc: "2.0", id: one.id, result: lies.get(one.id) } : one,
    );
    response.end(JSON.stringify(Array.isArray(truth) ? turned : turned[0]));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    say(text, methods) {
      [said, of] = [text, methods ?? null];
    },
    lie(lies) {
      told = lies;
    },
    get lied() {
      return lied;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
