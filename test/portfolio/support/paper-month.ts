import { privateKeyToAccount } from "viem/accounts";
import { runAgent } from "../../../src/agent/agent.ts";
import type { AgentEvent } from "../../../src/agent/events.ts";
import { HOUR, MINUTE } from "../../../src/core/clock.ts";
import { decimal, ONE, ZERO } from "../../../src/core/decimal.ts";
import { seededRandom } from "../../../src/core/random.ts";
import { structuredDecider } from "../../../src/deciders/structured/structured.ts";
import { HyperliquidRail } from "../../../src/gateway/rails/hyperliquid/hyperliquid-rail.ts";
import { resolveModels } from "../../../src/llm/resolve-models.ts";
import { balanceRule } from "../../../src/llm/scripted/balance-rule.ts";
import { startScriptedModel } from "../../../src/llm/scripted/start-scripted-model.ts";
import { parseSample } from "../../../src/mandate/testing/sample-mandate.ts";
import { infoClient } from "../../../src/protocols/hyperliquid/info-client.ts";
import type { HyperliquidIntent } from "../../../src/venues/hyperliquid/intents.ts";
import type { HyperliquidScope } from "../../../src/venues/hyperliquid/scope.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { hyperliquidStage } from "../../../src/worlds/rehearsal/hyperliquid-stage.ts";
import type { PortfolioReport } from "../../../src/worlds/rehearsal/portfolio-report.ts";
import { REHEARSAL_API_KEY } from "../../../src/worlds/rehearsal/rehearsal-account.ts";
import { RunRecord } from "../../../src/worlds/rehearsal/run-record.ts";
import { DirectGateway } from "./direct-gateway.ts";

const pin = (coin: string, asset: number, sz_decimals: number) => ({ kind: "perp", dex: "", coin, asset, sz_decimals }) as const;

/** Three perpetuals and a spot market of the paper exchange. */
export const paperScope: HyperliquidScope = {
  label: "hl",
  account: { label: "wallet", address: REHEARSAL_WALLET },
  markets: {
    "BTC:perp": pin("BTC", 0, 5),
    "ETH:perp": pin("ETH", 1, 4),
    "SOL:perp": pin("SOL", 2, 2),
    "HYPE:spot": {
      kind: "spot",
      coin: "@107",
      asset: 10_107,
      sz_decimals: 2,
      token_id: "0x00000000000000000000000000000002",
      priced_by: "HYPE",
    },
  },
  slippage_bps: decimal(50),
  leverage: 2,
  margin: "isolated",
  most_gross: ONE,
  transfers: false,
  closes_below_least: true,
  margin_ratio: decimal("1.25"),
  spot_buffer_usd: ZERO,
  max_age: HOUR,
};

const PROSE =
  "Hold 40 % in BTC:perp, 20 % in ETH:perp, 10 % in SOL:perp, 10 % in HYPE:spot and the rest in USDC. Let it drift up to six points before you act.";

/** Hours of an agent at a paper exchange: a scripted model over HTTP, venue, planner and rail, and what the exchange counted. */
export async function paperHours({
  seed,
  usd,
  hours,
}: {
  readonly seed: string;
  readonly usd: string;
  readonly hours: number;
}): Promise<{
  readonly portfolio: PortfolioReport;
  readonly events: readonly AgentEvent<HyperliquidIntent>[];
  readonly calls: number;
}> {
  const sample = parseSample();
  const limits = {
    ...sample.terms.limits,
    max_single_trade_usd: decimal(15_000),
    max_position_size_usd: decimal(30_000),
    max_llm_usd_per_day: decimal(10),
  };
  const brief = {
    ...sample.brief,
    every: HOUR,
    wake: { drift_points: decimal(5), price_pct: decimal(3), at_least_every: 12 * HOUR },
    plan: { threshold_points: decimal(5), min_trade_usd: decimal(10), slippage_bps: decimal(50) },
    prose: PROSE,
  };
  const mandate = { ...sample, terms: { ...sample.terms, limits }, brief };
  const stage = await hyperliquidStage({ mandate, scope: paperScope, seed, funds: { USDC: usd }, step: 5 * MINUTE });
  const server = await startScriptedModel({ rule: balanceRule() });
  try {
    const { clock, venue, url } = stage;
    const book = {
      kind: "hyperliquid",
      api: "world",
      network: "testnet",
      markets: {},
      fee_bps: { perp: decimal(5), spot: decimal(7) },
      funding_cap_bps: decimal(400),
      max_age: HOUR,
    } as const;
    const signer = privateKeyToAccount(REHEARSAL_API_KEY);
    const rail = new HyperliquidRail({ label: "hl", book, account: stage.account, info: infoClient({ url }), url, signer });
    const random = seededRandom(`${seed} model`);
    const limit = limits.max_llm_usd_per_day;
    const model = await resolveModels({ plan: brief.model, limit, at: server.url, env: {}, clock, random, version: "test" });
    const record = new RunRecord();
    const events: AgentEvent<HyperliquidIntent>[] = [];
    const report = await runAgent({
      mandate,
      wallet: `wallet:${stage.account}`,
      gateway: new DirectGateway(rail, clock),
      venue,
      decider: structuredDecider({ mandate, model, venue }),
      clock,
      cycles: hours,
      on: (event) => {
        record.hear(event);
        events.push(event);
      },
    });
    await clock.sleep((await clock.now()) + HOUR);
    record.look(await venue.observe());
    return { portfolio: await stage.measure(record), events, calls: report.model_calls };
  } finally {
    await server.stop();
    await stage.stop();
  }
}
