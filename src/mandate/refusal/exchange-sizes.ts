import { type Decimal, decimal, fromUnits, roundDown, toUnits } from "../../core/decimal.ts";
import { type AssetId, assetId, type Effects, splitAssetId } from "../../protocols/effects.ts";
import { type ExchangeEffects, type ExchangeMove, opens } from "../../protocols/exchange-effects.ts";
import type { Terms } from "../terms.ts";
import type { AssetAmount, Sizes } from "./smaller.ts";

/** The venue takes no order of less, in USD, but one that only closes. */
const LEAST_ORDER = decimal(10);

/** USD goes over the wire with so many decimals. */
const USD_DECIMALS = 6;

/** A move whose amount can be less: an order's size, margin, dollars. */
interface Sized extends AssetAmount {
  readonly decimals: number;
  readonly with: (amount: Decimal) => ExchangeMove;
}

/**
 * A request at an exchange by how large its orders are, in the market's lots: those that can open something where there are
 * any, else all of them; where there are no orders, the dollars that it moves. Null: none of that.
 *
 * @param withMoves - where the account would then stand, from what was read for the whole request.
 */
export function exchangeSizes(
  terms: Terms,
  effects: Effects,
  withMoves: (moves: readonly ExchangeMove[]) => ExchangeEffects,
): Sizes | null {
  const moves = effects.exchange?.moves ?? [];
  const orders = moves.flatMap((move) => (move.do === "order" || move.do === "replace" ? [move] : []));
  const opening = orders.filter(({ order }) => opens(order, kindOf(effects, order.asset)));
  const chosen: readonly ExchangeMove[] = opening.length > 0 ? opening : orders.length > 0 ? orders : moves;
  const sized = new Map(chosen.flatMap((move) => sizeOf(terms, effects, move).map((one) => [move, one] as const)));
  const [first] = sized.values();
  if (first === undefined) return null;
  const whole = toUnits(first.amount, first.decimals);
  if (whole <= 0n) return null;
  return {
    whole,
    at(units) {
      const part = (one: Sized) =>
        one === first
          ? fromUnits(units, one.decimals)
          : roundDown(one.amount.times(decimal(units)).div(decimal(whole)), one.decimals);
      const amounts = [...sized.values()].map((one) => ({ asset: one.asset, amount: part(one) }));
      if (amounts.some(({ amount }) => amount.isZero())) return null;
      const smaller = moves.map((move) => {
        const one = sized.get(move);
        return one === undefined ? move : one.with(part(one));
      });
      if (smaller.some(isTooSmall)) return null;
      return { amounts, effects: { ...effects, exchange: withMoves(smaller) } };
    },
  };
}

function isTooSmall(move: ExchangeMove): boolean {
  if (move.do !== "order" && move.do !== "replace") return false;
  const { size, price, reduceOnly } = move.order;
  return !reduceOnly && size.times(price).lt(LEAST_ORDER);
}

function sizeOf({ book, numeraire }: Terms, { exchange }: Effects, move: ExchangeMove): readonly Sized[] {
  switch (move.do) {
    case "order":
    case "replace": {
      const { asset, size } = move.order;
      const { chain, symbol } = splitAssetId(asset);
      const decimals = book.exchanges[chain]?.markets[symbol]?.sz_decimals;
      if (decimals === undefined) return [];
      return [{ asset, amount: size, decimals, with: (amount) => ({ ...move, order: { ...move.order, size: amount } }) }];
    }
    case "margin":
    case "transfer": {
      const [chain] = exchange?.markets.map(({ asset }) => splitAssetId(asset).chain) ?? [];
      const label = chain ?? Object.keys(book.exchanges)[0] ?? "";
      const sign = move.usd.isNegative() ? -1 : 1;
      return [
        {
          asset: assetId(label, numeraire),
          amount: move.usd.abs(),
          decimals: USD_DECIMALS,
          with: (amount) => ({ ...move, usd: amount.times(sign) }),
        },
      ];
    }
    default:
      return [];
  }
}

export function kindOf({ exchange }: Pick<Effects, "exchange">, asset: AssetId): "perp" | "spot" {
  return exchange?.markets.find((market) => market.asset === asset)?.kind ?? "perp";
}
