import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type AgentParameters, runAgent } from "../../../src/agent/agent.ts";
import type { AgentEvent } from "../../../src/agent/events.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/clock.ts";
import { decimal, ONE, ZERO } from "../../../src/core/decimal.ts";
import { HyperliquidRail } from "../../../src/gateway/rails/hyperliquid/hyperliquid-rail.ts";
import { parseSample } from "../../../src/mandate/testing/sample-mandate.ts";
import type { Target, Targets } from "../../../src/planning/targets.ts";
import { infoClient } from "../../../src/protocols/hyperliquid/info-client.ts";
import { hyperliquidVenue } from "../../../src/venues/hyperliquid/hyperliquid-venue.ts";
import type { HyperliquidIntent } from "../../../src/venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../../src/venues/hyperliquid/observation.ts";
import type { HyperliquidScope } from "../../../src/venues/hyperliquid/scope.ts";
import type { FaultConfig } from "../../../src/worlds/paper-exchange/server/faults.ts";
import { startPaperExchange } from "../../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { DirectGateway } from "./direct-gateway.ts";

const API_KEY = keccak256(toHex("a test's API wallet"));

/** Targets by market: `{ "BTC:perp": "-0.4", USDC: "0.6" }`. */
export function targetsOf(weights: Readonly<Record<string, string>>): Targets {
  return Object.entries(weights).map(
    ([market, weight]): Target => ({ account: "trader", asset: `hl/${market}`, weight: decimal(weight) }),
  );
}

/** A paper exchange, an account on it, the venue that an agent sees it by, and a road for its orders. */
export async function portfolioStage({
  seed,
  usdc = 10_000,
  faults,
}: {
  readonly seed: string;
  readonly usdc?: number;
  readonly faults?: FaultConfig;
}) {
  const exchange = await startPaperExchange({ seed, accounts: 1, usdc, step: 5 * MINUTE });
  const [account] = exchange.accounts;
  if (!account) throw new Error("no account");
  const signer = privateKeyToAccount(API_KEY);
  const now = await exchange.now();
  await new ExchangeClient({
    transport: new HttpTransport({ apiUrl: exchange.http, isTestnet: true }),
    wallet: privateKeyToAccount(account.private_key),
    nonceManager: () => now,
  }).approveAgent({ agentAddress: signer.address, agentName: "agent" });
  if (faults) exchange.faults.become(faults);
  const info = infoClient({ url: exchange.http });
  const pin = (coin: string, asset: number, sz_decimals: number) =>
    ({ kind: "perp", dex: "", coin, asset, sz_decimals }) as const;
  const scope: HyperliquidScope = {
    label: "hl",
    account: { label: "trader", address: account.address },
    markets: { "BTC:perp": pin("BTC", 0, 5), "ETH:perp": pin("ETH", 1, 4), "SOL:perp": pin("SOL", 2, 2) },
    slippage_bps: decimal(50),
    leverage: 2,
    margin: "isolated",
    most_gross: ONE,
    transfers: false,
    closes_below_least: true,
    margin_ratio: decimal("1.25"),
    spot_buffer_usd: ZERO,
    max_age: DAY,
  };
  const book = {
    kind: "hyperliquid",
    api: "world",
    network: "testnet",
    markets: {},
    fee_bps: { perp: decimal(5), spot: decimal(7) },
    funding_cap_bps: decimal(400),
    max_age: HOUR,
  } as const;
  const rail = new HyperliquidRail({ label: "hl", book, account: account.address, info, url: exchange.http, signer });
  const gateway = new DirectGateway(rail, exchange.clock);
  const venue = hyperliquidVenue({ scope, info, clock: exchange.clock });
  const events: AgentEvent<HyperliquidIntent>[] = [];
  const sample = parseSample();
  const unlimited = { ...sample.terms.limits, max_single_trade_usd: "unlimited", max_position_size_usd: "unlimited" } as const;
  const wake = { drift_points: ZERO, price_pct: ZERO, at_least_every: 0 };
  const plan = { threshold_points: decimal(5), min_trade_usd: decimal(10), slippage_bps: decimal(50) };
  const mandate = {
    terms: { ...sample.terms, limits: unlimited },
    brief: { ...sample.brief, wake, plan, every: 10 * MINUTE },
  };
  return {
    exchange,
    account: account.address,
    venue,
    gateway,
    events,
    /** An agent that wants these in turn, one each cycle, and then the last ones. */
    run(wanted: readonly Targets[], more: Partial<AgentParameters<HyperliquidIntent, HyperliquidObservation>> = {}) {
      let asked = 0;
      return runAgent({
        mandate,
        wallet: `wallet:${account.address}`,
        gateway,
        venue,
        clock: exchange.clock,
        cycles: wanted.length,
        decider: {
          async decide() {
            const targets = wanted[Math.min(asked++, wanted.length - 1)] ?? [];
            return { kind: "targets", targets, why: "as told" };
          },
        },
        on: (event) => void events.push(event),
        ...more,
      });
    },
    [Symbol.asyncDispose]: () => exchange.stop(),
  };
}
