import { ExchangeClient, HttpTransport, WebSocketTransport } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import { startPaperExchange } from "../src/worlds/paper-exchange/start-paper-exchange.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";

/**
 * Orders a second through the paper exchange's wire, signed by the SDK and verified by the exchange: each a market
 * order that fills. The baseline is the exchange's answer to a question that costs it nothing.
 */
const COUNT = 200;
const ROUNDS = 3;

async function round(): Promise<readonly Measurement[]> {
  const limits = { weightPerMinute: 1_000_000_000, initialRequests: 1_000_000_000 };
  await using paper = await startPaperExchange({ seed: "bench", accounts: 2, usdc: 1_000_000, limits });
  const [first] = paper.accounts;
  if (first === undefined) throw new Error("the exchange has no account");
  const wallet = privateKeyToAccount(first.private_key);
  const http = new HttpTransport({ isTestnet: true, apiUrl: paper.http });
  const socket = new WebSocketTransport({ isTestnet: true, url: paper.ws });
  try {
    await socket.ready();
    const { ETH = "1000" } = (await http.request("info", { type: "allMids" })) as Record<string, string>;
    const meta = (await http.request("info", { type: "meta" })) as { readonly universe: readonly { readonly name: string }[] };
    const asset = meta.universe.findIndex(({ name }) => name === "ETH");
    // Buying and selling in turn keeps the position, and the depth that it meets, as they were.
    const order = (n: number) => {
      const buys = n % 2 === 0;
      const p = String(Math.round(Number(ETH) * (buys ? 1.04 : 0.96)));
      return { a: asset, b: buys, p, s: "0.01", r: false, t: { limit: { tif: "Ioc" as const } } };
    };
    const through = (name: string, client: ExchangeClient) =>
      measure(name, { count: COUNT }, (n) => client.order({ orders: [order(n)], grouping: "na" }));
    return [
      await measure("a question over HTTP", { count: COUNT }, () => http.request("info", { type: "exchangeStatus" })),
      await through("an order over HTTP", new ExchangeClient({ transport: http, wallet })),
      await through("an order over the socket", new ExchangeClient({ transport: socket, wallet })),
    ];
  } finally {
    socket.close();
  }
}

const rounds: (readonly Measurement[])[] = [];
for (let i = 0; i < ROUNDS; i += 1) rounds.push(await round());
report("paper exchange, wire", ratios(medians(rounds), "a question over HTTP"));
