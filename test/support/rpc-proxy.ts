import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { MandateError } from "../../src/core/errors.ts";

interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What becomes of a call: sent on, never sent on, or sent on with its answer lost. */
export type Fate = "forward" | "swallow" | "drop-answer";

/** Decides a call's fate, after doing to the chain what it likes. */
export type Meddler = (call: { readonly method: string; readonly params: readonly unknown[] }) => Promise<Fate> | Fate;

export interface RpcProxy extends AsyncDisposable {
  readonly url: string;
  /** Every raw transaction that the gateway tried to send, in order. */
  readonly sent: readonly string[];
  meddle(meddler: Meddler): void;
}

export function isSend(method: string): boolean {
  return method.startsWith("eth_sendRawTransaction");
}

/** Stands between a gateway and its chain. Forwards everything until told otherwise. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const sent: string[] = [];
  let meddler: Meddler = () => "forward";
  const server = createServer((request, response) => {
    serve(request)
      .then((answer) => {
        if (answer === undefined) request.socket.destroy();
        else response.setHeader("content-type", "application/json").end(answer);
      })
      .catch(() => request.socket.destroy());
  });
  const serve = async (request: IncomingMessage): Promise<string | undefined> => {
    const body = await bodyOf(request);
    const parsed = JSON.parse(body) as RpcCall | readonly RpcCall[];
    const calls = Array.isArray(parsed) ? (parsed as readonly RpcCall[]) : [parsed as RpcCall];
    let lost = false;
    for (const { method, params } of calls) {
      if (isSend(method)) sent.push(String(params[0]));
      const fate = await meddler({ method, params });
      if (fate === "swallow") return undefined;
      if (fate === "drop-answer") lost = true;
    }
    const answer = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
    const text = await answer.text();
    return lost ? undefined : text;
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    meddle(next) {
      meddler = next;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Longest call that a gateway makes. */
const LONGEST = 8_000_000;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LONGEST) throw new MandateError("TOO_LONG", "a call to the chain is too long");
  }
  return text;
}
