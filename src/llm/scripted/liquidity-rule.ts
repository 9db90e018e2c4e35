import { z } from "zod";
import { BPS, type Decimal, decimal, ratio, ZERO } from "../../core/decimal.ts";
import { type LiquidityStrategy, readLiquidityStrategy } from "./read-liquidity-strategy.ts";
import { readObservation } from "./read-observation.ts";
import type { ScriptedRule, Turn } from "./turn.ts";

const amount = z.string().regex(/^\d+(\.\d+)?$/);
const seenPosition = z.looseObject({
  position: z.string(),
  pool: z.string(),
  in_range: z.boolean(),
  fees_owed_usd: amount.nullable(),
  value_usd: amount.nullable().default(null),
});
const seenVault = z.looseObject({ vault: z.string(), redeemable: amount });
const market = z.looseObject({
  holdings: z.array(z.looseObject({ asset: z.string(), amount, value_usd: amount.nullable() })),
  pools: z.array(
    z.looseObject({
      pool: z.string(),
      fee_bps: amount.optional(),
      usd_that_moves_it_1_pct: amount.nullable().optional(),
    }),
  ),
  positions: z.array(seenPosition).default([]),
  vaults: z.array(seenVault).default([]),
});
type Market = z.infer<typeof market>;

/**
 * The rule of a model that keeps one liquidity position, and idle cash in a vault where the prose names one, as
 * {@link readLiquidityStrategy} reads it. Prose that asks for no position is left to the other rule.
 */
export function liquidityRule(otherwise: ScriptedRule): ScriptedRule {
  return (request) => {
    const texts = request.messages.filter(({ role }) => role === "user").map(({ text }) => text);
    const strategy = readLiquidityStrategy([request.system, ...texts].join("\n").replaceAll(/```json[\s\S]*?```/g, ""));
    const seen = market.safeParse(readObservation(texts.join("\n")));
    return strategy && seen.success ? decide(strategy, seen.data) : otherwise(request);
  };
}

function decide(strategy: LiquidityStrategy, seen: Market): Turn {
  const { pool: label, usd, range_pct, collect_usd, vault } = strategy;
  const shown = seen.pools.find((one) => one.pool.endsWith(`/${label}`));
  if (shown === undefined) return hold(`I see no pool ${label}.`);
  const { pool } = shown;
  const position = seen.positions.find((one) => one.pool === pool);
  if (position && !position.in_range) {
    return paysToMove(strategy, shown, position)
      ? intents("the price has left the range", { kind: "LP_CLOSE", position: position.position })
      : hold("the price has left the range, and moving the position would not pay");
  }
  if (position && decimal(position.fees_owed_usd ?? "0").gt(collect_usd)) {
    return intents("the fees are worth collecting", { kind: "LP_COLLECT_FEES", position: position.position });
  }
  if (!position) return open(seen, { pool, usd, range_pct, vault: vault?.symbol ?? null });
  return deposit(seen, vault) ?? hold("the position is in its range");
}

/**
 * Whether the fees of a position around the price pay for going there. Its share of the fees goes by depth: a position of V
 * with r percent either side is moved by 1 % with about V / 2r. Where too little is known of the pool, it is taken to pay.
 */
function paysToMove(
  { pays, range_pct }: LiquidityStrategy,
  { fee_bps, usd_that_moves_it_1_pct: depth }: Market["pools"][number],
  { value_usd }: Market["positions"][number],
): boolean {
  if (pays === null || fee_bps === undefined || !depth || value_usd === null) return true;
  const value = decimal(value_usd);
  const own = ratio(value, decimal(range_pct).times(2));
  const fee = ratio(decimal(fee_bps), BPS);
  const gain = pays.volume_usd
    .times(fee)
    .times(ratio(own, own.plus(depth)))
    .times(pays.days);
  return gain.gt(value.div(2).times(fee).plus(pays.gas_usd));
}

function open(
  seen: Market,
  {
    pool,
    usd,
    range_pct,
    vault: symbol,
  }: { readonly pool: string; readonly usd: Decimal; readonly range_pct: string; readonly vault: string | null },
): Turn {
  const chain = pool.slice(0, pool.indexOf("/"));
  const sides = pool
    .slice(chain.length + 1)
    .split("-")
    .slice(0, 2)
    .map((token) => ({ asset: `${chain}/${token}`, usd: worth(seen, `${chain}/${token}`) }));
  const half = usd.div(2);
  const short = sides.find((side) => side.usd.lt(half));
  const other = sides.find((side) => side !== short);
  const opened = { kind: "LP_OPEN", pool, range_pct, value_usd: usd.toFixed() };
  if (!short || !other) return intents("there is no position", opened);
  const vault = seen.vaults.find((one) => one.vault === `${chain}/${symbol}` && !decimal(one.redeemable).isZero());
  if (other.usd.lt(usd) && vault) return intents("cash is short", { kind: "VAULT_REDEEM", vault: vault.vault, amount: "all" });
  // A little more than half, for what the swap costs.
  const missing = half.times("1.02").minus(short.usd);
  const held = seen.holdings.find(({ asset }) => asset === other.asset);
  const sold = held && other.usd.gt(0) ? decimal(held.amount).times(missing).div(other.usd).toDecimalPlaces(6) : ZERO;
  if (sold.isZero() || missing.gte(other.usd)) return hold("too little is held for the position");
  return intents("one token is short", { kind: "SWAP", sell: other.asset, buy: short.asset, amount: sold.toFixed() }, opened);
}

function deposit(seen: Market, vault: LiquidityStrategy["vault"]): Turn | null {
  const shown = vault && seen.vaults.find((one) => one.vault.endsWith(`/${vault.symbol}`));
  if (!vault || !shown) return null;
  const holds = z.looseObject({ holds: z.string() }).safeParse(shown);
  const cash = seen.holdings.find(({ asset }) => holds.success && asset === holds.data.holds);
  const idle = cash ? decimal(cash.amount).minus(vault.keep_usd) : ZERO;
  if (idle.lt(vault.least_usd) || idle.lte(0)) return null;
  return intents("idle cash", { kind: "VAULT_DEPOSIT", vault: shown.vault, amount: idle.toFixed() });
}

function worth({ holdings }: Market, asset: string): Decimal {
  return decimal(holdings.find((one) => one.asset === asset)?.value_usd ?? "0");
}

function intents(why: string, ...chosen: readonly object[]): Turn {
  return { kind: "answer", value: { decision: "intents", why, targets: null, intents: chosen } };
}

function hold(why: string): Turn {
  return { kind: "answer", value: { decision: "hold", why, targets: null, intents: null } };
}
