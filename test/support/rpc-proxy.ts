import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { MandateError } from "../../src/core/errors.ts";

interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What becomes of a call: sent on, never sent on, sent on with its answer lost, or answered by a node that is too busy (HTTP 429). */
export type Fate = "forward" | "swallow" | "drop-answer" | "busy";

/** Decides a call's fate, after doing to the chain what it likes. */
export type Meddler = (call: { readonly method: string; readonly params: readonly unknown[] }) => Promise<Fate> | Fate;

export interface RpcProxy extends AsyncDisposable {
  readonly url: string;
  /** Every raw transaction that the gateway tried to send, in order. */
  readonly sent: readonly string[];
  /** @param only - methods that it is asked about, with sends, by what their names begin with; if absent, all. */
  meddle(meddler: Meddler, only?: readonly string[]): void;
  /** Forwards everything again. */
  rest(): void;
}

const SENDS = "eth_sendRawTransaction";
const BUSY = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n";

export function isSend(method: string): boolean {
  return method.startsWith(SENDS);
}

/**
 * Stands between a gateway and its chain. Forwards everything, byte for byte, until told otherwise.
 *
 * @param touched - called before a transaction goes to the node, and again when the node says something after one.
 */
export async function startRpcProxy(target: string, touched: () => void = () => undefined): Promise<RpcProxy> {
  const sent: string[] = [];
  const { hostname, port: targetPort } = new URL(target);
  let meddler: Meddler = forward;
  let watched: readonly string[] = [SENDS];
  const fateOf = async (body: Buffer): Promise<Fate> => {
    // What nobody is asked about is not read: it is most of it, and long.
    if (!watched.some((name) => body.includes(name))) return "forward";
    const parsed = JSON.parse(body.toString("utf8")) as RpcCall | readonly RpcCall[];
    let whole: Fate = "forward";
    for (const { method, params } of Array.isArray(parsed) ? (parsed as readonly RpcCall[]) : [parsed as RpcCall]) {
      if (isSend(method)) sent.push(String(params[0]));
      const fate = await meddler({ method, params });
      if (isSend(method)) touched();
      if (fate === "swallow" || fate === "busy") return fate;
      if (fate === "drop-answer") whole = fate;
    }
    return whole;
  };
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const node = connect({ host: hostname, port: Number(targetPort), noDelay: true });
    open.add(client).add(node);
    const hangUp = () => {
      for (const end of [client, node]) {
        end.destroy();
        open.delete(end);
      }
    };
    let lost = false;
    let last: Promise<unknown> = Promise.resolve();
    const reader = new RequestReader();
    for (const end of [client, node]) end.on("error", hangUp).on("close", hangUp);
    let sends = false;
    node.on("data", (chunk) => {
      if (sends) touched();
      if (lost) hangUp();
      else client.write(chunk);
    });
    const pass = async ({ bytes, body }: HttpRequest): Promise<void> => {
      const fate = await fateOf(body);
      if (fate === "swallow") return hangUp();
      if (fate === "busy") return void client.write(BUSY);
      lost = fate === "drop-answer";
      sends = body.includes(SENDS);
      node.write(bytes);
    };
    client.on("data", (chunk) => {
      last = last.then(() => Promise.all(reader.read(chunk).map(pass))).catch(hangUp);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    meddle(next, only = [""]) {
      meddler = next;
      watched = [SENDS, ...only];
    },
    rest() {
      meddler = forward;
      watched = [SENDS];
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const end of open) end.destroy();
      await closed;
    },
  };
}

function forward(): Fate {
  return "forward";
}

interface HttpRequest {
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/** Longest call that a gateway makes. */
const LONGEST = 8_000_000;
const HEADERS_END = Buffer.from("\r\n\r\n");

/** Puts HTTP requests together from what comes over a connection. */
class RequestReader {
  #held: Buffer = Buffer.alloc(0);

  /** @throws {MandateError} what came has no length, or too much of it. */
  read(chunk: Buffer): readonly HttpRequest[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const whole: HttpRequest[] = [];
    for (;;) {
      const headers = this.#held.indexOf(HEADERS_END);
      if (headers === -1) return whole;
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#held.toString("latin1", 0, headers))?.[1];
      const start = headers + HEADERS_END.length;
      const end = start + Number(length);
      if (length === undefined || end > LONGEST) throw new MandateError("TOO_LONG", "a call to the chain is too long");
      if (this.#held.length < end) return whole;
      whole.push({ bytes: this.#held.subarray(0, end), body: this.#held.subarray(start, end) });
      this.#held = this.#held.subarray(end);
    }
  }
}
