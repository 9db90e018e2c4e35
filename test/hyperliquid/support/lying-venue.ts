import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** Makes of a true answer what the venue says instead. `question` is the body that was posted. */
export type VenueLie = (answer: unknown, question: Readonly<Record<string, unknown>>) => unknown;

export interface LyingVenue extends AsyncDisposable {
  /** For `openHouse`: where the gateway finds the exchange. */
  readonly via: (http: string) => Promise<string>;
  /** The longest true answer to each question so far, by its type; to actions as "exchange". */
  readonly told: ReadonlyMap<string, unknown>;
  /** @param type - a question's, or "exchange" for answers to actions. */
  lie(type: string, lie: VenueLie): void;
  /** Answers a question of this type itself, however it likes. */
  answer(type: string, answer: (response: ServerResponse) => void): void;
  honest(): void;
}

/** Stands in front of an exchange and says what it likes; what is asked of the exchange is really done there. */
export async function startLyingVenue(): Promise<LyingVenue> {
  let target = "";
  const lies = new Map<string, VenueLie>();
  const answers = new Map<string, (response: ServerResponse) => void>();
  const told = new Map<string, unknown>();
  const lengths = new Map<string, number>();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = (await json(request)) as Readonly<Record<string, unknown>>;
    const type = request.url === "/exchange" ? "exchange" : String(question.type);
    const real = await fetch(`${target}${request.url}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
    });
    const text = await real.text();
    const own = answers.get(type);
    if (own) return own(response);
    if (real.ok && text.length >= (lengths.get(type) ?? 0)) {
      lengths.set(type, text.length);
      told.set(type, JSON.parse(text));
    }
    const lie = lies.get(type);
    response.writeHead(real.status, { "content-type": "application/json" });
    response.end(lie && real.ok ? (JSON.stringify(lie(JSON.parse(text), question)) ?? "") : text);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    via: async (http) => {
      target = http;
      return `http://127.0.0.1:${port}`;
    },
    told,
    lie: (type, lie) => void lies.set(type, lie),
    answer: (type, answer) => void answers.set(type, answer),
    honest: () => {
      lies.clear();
      answers.clear();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
