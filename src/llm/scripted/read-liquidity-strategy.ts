import { type Decimal, decimal } from "../../core/decimal.ts";

/** What a liquidity strategy in prose asks for. */
export interface LiquidityStrategy {
  /** The pool's label. */
  readonly pool: string;
  readonly usd: Decimal;
  readonly range_pct: string;
  readonly collect_usd: Decimal;
  /** What re-centring must earn to be worth it. Null: it is done in any case. */
  readonly pays: { readonly days: Decimal; readonly volume_usd: Decimal; readonly gas_usd: Decimal } | null;
  readonly vault: { readonly symbol: string; readonly keep_usd: Decimal; readonly least_usd: Decimal } | null;
}

/**
 * Reads "one position in POOL worth $500, with a range of 6 % either side", "only if 7 days of fees pay the cost, with $20,000,000
 * traded in the pool a day and $3 for gas", "fees once they are worth more than $2" and "Cash beyond $50 belongs in the vault
 * SYMBOL: deposit it once it is $20". Undefined when the prose asks for no position.
 */
export function readLiquidityStrategy(prose: string): LiquidityStrategy | undefined {
  const text = prose.replace(/\s+/g, " ");
  const wanted = /one position in ([A-Za-z0-9.-]+) worth \$(\d+), with a range of (\d+(?:\.\d+)?) ?% either side/.exec(text);
  const [, pool, usd, range_pct] = wanted ?? [];
  if (pool === undefined || usd === undefined || range_pct === undefined) return undefined;
  const [, fees = "0"] = /fees once they are worth more than \$(\d+)/.exec(text) ?? [];
  return { pool, usd: decimal(usd), range_pct, collect_usd: decimal(fees), pays: readPays(text), vault: readVault(text) };
}

function readPays(text: string): LiquidityStrategy["pays"] {
  const [, days, volume, gas] =
    /only if (\d+) days of fees pay the cost, with \$([\d,]+) traded in the pool a day and \$(\d+) for gas/.exec(text) ?? [];
  if (days === undefined || volume === undefined || gas === undefined) return null;
  return { days: decimal(days), volume_usd: decimal(volume.replaceAll(",", "")), gas_usd: decimal(gas) };
}

function readVault(text: string): LiquidityStrategy["vault"] {
  const [, keep, symbol, least] =
    /[Cc]ash beyond \$(\d+) belongs in the vault (\w+): deposit it once it is \$(\d+)/.exec(text) ?? [];
  if (keep === undefined || symbol === undefined || least === undefined) return null;
  return { symbol, keep_usd: decimal(keep), least_usd: decimal(least) };
}
