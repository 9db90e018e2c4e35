import { z } from "zod";
import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { readObservation } from "./read-observation.ts";
import type { ScriptedRule, Turn } from "./turn.ts";

const amount = z.string().regex(/^\d+(\.\d+)?$/);
const seenPosition = z.looseObject({
  position: z.string(),
  pool: z.string(),
  in_range: z.boolean(),
  fees_owed_usd: amount.nullable(),
});
const seenVault = z.looseObject({ vault: z.string(), redeemable: amount });
const market = z.looseObject({
  holdings: z.array(z.looseObject({ asset: z.string(), amount, value_usd: amount.nullable() })),
  pools: z.array(z.looseObject({ pool: z.string() })),
  positions: z.array(seenPosition).default([]),
  vaults: z.array(seenVault).default([]),
});
type Market = z.infer<typeof market>;

/** What a strategy in prose asks for. */
interface LiquidityStrategy {
  /** The pool's label. */
  readonly pool: string;
  readonly usd: Decimal;
  readonly range_pct: string;
  readonly collect_usd: Decimal;
  readonly vault: { readonly symbol: string; readonly keep_usd: Decimal; readonly least_usd: Decimal } | null;
}

/**
 * The rule of a model that keeps one liquidity position, and idle cash in a vault where the prose names one: it reads
 * "one position in POOL worth $500, with a range of 6 % either side", "fees ... more than $2" and "Cash beyond $50
 * belongs in the vault SYMBOL: deposit it once it is $20". Prose that asks for no position is left to the other rule.
 */
export function liquidityRule(otherwise: ScriptedRule): ScriptedRule {
  return (request) => {
    const texts = request.messages.filter(({ role }) => role === "user").map(({ text }) => text);
    const strategy = readStrategy([request.system, ...texts].join("\n").replaceAll(/```json[\s\S]*?```/g, ""));
    const seen = market.safeParse(readObservation(texts.join("\n")));
    return strategy && seen.success ? decide(strategy, seen.data) : otherwise(request);
  };
}

function decide({ pool: label, usd, range_pct, collect_usd, vault }: LiquidityStrategy, seen: Market): Turn {
  const pool = seen.pools.find((one) => one.pool.endsWith(`/${label}`))?.pool;
  if (pool === undefined) return hold(`I see no pool ${label}.`);
  const position = seen.positions.find((one) => one.pool === pool);
  if (position && !position.in_range)
    return intents("the price has left the range", { kind: "LP_CLOSE", position: position.position });
  if (position && decimal(position.fees_owed_usd ?? "0").gt(collect_usd)) {
    return intents("the fees are worth collecting", { kind: "LP_COLLECT_FEES", position: position.position });
  }
  if (!position) return open(seen, { pool, usd, range_pct, vault: vault?.symbol ?? null });
  return deposit(seen, vault) ?? hold("the position is in its range");
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

function readStrategy(prose: string): LiquidityStrategy | undefined {
  const text = prose.replace(/\s+/g, " ");
  const wanted = /one position in ([A-Za-z0-9.-]+) worth \$(\d+), with a range of (\d+(?:\.\d+)?) ?% either side/.exec(text);
  const [, pool, usd, range_pct] = wanted ?? [];
  if (pool === undefined || usd === undefined || range_pct === undefined) return undefined;
  const [, fees = "0"] = /fees once they are worth more than \$(\d+)/.exec(text) ?? [];
  const [, keep, symbol, least] =
    /[Cc]ash beyond \$(\d+) belongs in the vault (\w+): deposit it once it is \$(\d+)/.exec(text) ?? [];
  const vault =
    keep === undefined || symbol === undefined || least === undefined
      ? null
      : { symbol, keep_usd: decimal(keep), least_usd: decimal(least) };
  return { pool, usd: decimal(usd), range_pct, collect_usd: decimal(fees), vault };
}

function intents(why: string, ...chosen: readonly object[]): Turn {
  return { kind: "answer", value: { decision: "intents", why, targets: null, intents: chosen } };
}

function hold(why: string): Turn {
  return { kind: "answer", value: { decision: "hold", why, targets: null, intents: null } };
}
