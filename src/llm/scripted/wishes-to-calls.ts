import { type Decimal, decimal, min } from "../../core/decimal.ts";
import { type HeldAsset, worthOf } from "./held-asset.ts";
import type { ScriptedToolCall } from "./turn.ts";

/** A decision as a model with a typed answer would give it. */
export interface Wish {
  readonly decision: string;
  readonly why: string;
  readonly targets: readonly { readonly account: string; readonly asset: string; readonly weight: string }[] | null;
  readonly intents: readonly Readonly<Record<string, unknown>>[] | null;
}

/** Less is not worth a request. */
const LEAST_USD = decimal("10");

/** The tool calls that a decision takes, in order: those that an answer of weights or intents stands for. */
export function wishesToCalls(
  { decision, targets, intents }: Wish,
  held: readonly HeldAsset[],
  offered: ReadonlySet<string>,
): readonly ScriptedToolCall[] {
  if (decision === "targets") return offered.has("place_order") ? orders(targets ?? [], held) : swaps(targets ?? [], held);
  if (decision === "intents") return (intents ?? []).map(callOf);
  return [];
}

/** What each holding is above its target, in USD: less than nothing is below. */
function gaps(targets: NonNullable<Wish["targets"]>, held: readonly HeldAsset[]) {
  const worth = worthOf(held);
  return targets.map(({ asset, weight }) => {
    const holding = held.find((one) => one.asset === asset);
    return {
      asset,
      holding,
      above: decimal(holding?.weight ?? "0")
        .minus(decimal(weight))
        .times(worth),
    };
  });
}

/** One swap: from what is furthest above its target to what is furthest below. */
function swaps(targets: NonNullable<Wish["targets"]>, held: readonly HeldAsset[]): readonly ScriptedToolCall[] {
  const sorted = gaps(targets, held).toSorted((one, other) => other.above.comparedTo(one.above));
  const [from, to] = [sorted[0], sorted.at(-1)];
  if (!from?.holding || !to || from === to) return [];
  const usd = min(from.above, to.above.neg());
  const value = decimal(from.holding.value_usd ?? "0");
  if (usd.lt(LEAST_USD) || value.isZero()) return [];
  const amount = decimal(from.holding.amount).times(usd).div(value).toDecimalPlaces(6);
  return [{ name: "swap_tokens", arguments: { token_in: from.asset, token_out: to.asset, amount: amount.toFixed() } }];
}

/** Orders at an exchange: what is above its target is sold before anything is bought. */
function orders(targets: NonNullable<Wish["targets"]>, held: readonly HeldAsset[]): readonly ScriptedToolCall[] {
  return gaps(targets, held)
    .filter(({ asset, above }) => /:(perp|spot)$/.test(asset) && !/USD/.test(asset) && above.abs().gte(LEAST_USD))
    .toSorted((one, other) => other.above.comparedTo(one.above))
    .map(({ asset, above }) => ({
      name: "place_order",
      arguments: { market: asset, side: above.gt(0) ? "sell" : "buy", usd: cents(above.abs()), type: "market" },
    }));
}

function cents(usd: Decimal): string {
  return usd.toDecimalPlaces(2).toFixed();
}

/** The tool of an intent; one that has none goes by compile_intent, where the mandate answers. */
function callOf({ kind, ...params }: Readonly<Record<string, unknown>>): ScriptedToolCall {
  switch (String(kind).toUpperCase()) {
    case "SWAP":
      return { name: "swap_tokens", arguments: { token_in: params.sell, token_out: params.buy, amount: params.amount } };
    case "LP_OPEN":
      return {
        name: "open_lp_position",
        arguments: { ...poolTokens(params.pool), value_usd: params.value_usd, range_pct: params.range_pct },
      };
    case "LP_CLOSE":
      return { name: "close_lp_position", arguments: { position_id: params.position } };
    case "LP_COLLECT_FEES":
      return { name: "collect_lp_fees", arguments: { position_id: params.position } };
    case "VAULT_DEPOSIT":
      return { name: "deposit_vault", arguments: { vault: params.vault, amount: params.amount } };
    case "VAULT_REDEEM":
      return { name: "withdraw_vault", arguments: { vault: params.vault, amount: params.amount } };
    default:
      return { name: "compile_intent", arguments: { intent_type: String(kind), params } };
  }
}

/** "base/WETH-USDC-3000" is a pool of WETH and USDC, with its fee where the label has one. */
function poolTokens(pool: unknown): Readonly<Record<string, unknown>> {
  const [chain = "", label = ""] = String(pool).split("/");
  const [token_a, token_b, fee] = label.split("-");
  return { token_a, token_b, chain, ...(fee === undefined ? {} : { fee_tier: Number(fee) }) };
}
