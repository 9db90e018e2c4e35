// An agent of an exchange in a process of its own, for a gateway and a paper exchange that the parent owns. The exchange
// sleeps in the parent: the agent asks for it over IPC. Says each event, and ends when its parent does.
import { once } from "node:events";
import { runAgent } from "../../../src/agent/agent.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { decimal } from "../../../src/core/decimal.ts";
import { gatewayClient } from "../../../src/gateway/client.ts";
import { readMandate } from "../../../src/mandate/read-mandate.ts";
import { infoClient } from "../../../src/protocols/hyperliquid/info-client.ts";
import { hyperliquidVenue } from "../../../src/venues/hyperliquid/hyperliquid-venue.ts";
import { hyperliquidScope } from "../../../src/venues/hyperliquid/scope-of.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import type { AgentWord } from "../../support/spawn-child.ts";

export interface ExchangeAgentOrders {
  readonly file: string;
  readonly socket: string;
  readonly wallet: string;
  readonly url: string;
  readonly cycles: number;
  /** What it wants cycle after cycle: shares by market. Left out: one bid that rests, placed where none does. */
  readonly wants?: readonly Readonly<Record<string, string>>[];
  /** Where the bid rests. */
  readonly bid?: string;
}

if (process.send) {
  process.once("disconnect", () => process.exit(1));
  await run(JSON.parse(process.argv[2] ?? "") as ExchangeAgentOrders);
  process.exit(0);
}

async function run({ file, socket, wallet, url, cycles, wants, bid = "1" }: ExchangeAgentOrders): Promise<void> {
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET });
  const info = infoClient({ url });
  const clock: Clock = {
    now: async () => (await info.exchangeStatus()).time,
    async sleep(until) {
      const over = once(process, "message");
      say({ sleep: until });
      await over;
    },
  };
  const venue = hyperliquidVenue({ scope: hyperliquidScope(mandate), info, clock });
  let asked = 0;
  await runAgent({
    mandate: { ...mandate, brief: { ...mandate.brief, wake: { ...mandate.brief.wake, at_least_every: 0 } } },
    wallet,
    gateway: gatewayClient(socket),
    venue,
    decider: {
      async decide(seen) {
        if (wants) {
          const want = wants[Math.min(asked++, wants.length - 1)] ?? {};
          const targets = Object.entries(want).map(([market, weight]) => ({
            account: "wallet",
            asset: `hl/${market}` as const,
            weight: decimal(weight),
          }));
          return { kind: "targets", targets, why: "as told" };
        }
        if (seen.orders.length > 0) return { kind: "hold", why: "it rests", code: null };
        const order = { kind: "order", market: "BTC:perp", side: "buy", usd: "1000", type: "limit", price: bid, tif: "gtc" };
        return { kind: "intents", intents: [venue.readIntent(order)], why: "a bid" };
      },
    },
    clock,
    cycles,
    on: ({ kind }) => say({ event: kind }),
  });
}

function say(word: AgentWord): void {
  process.send?.(word);
}
