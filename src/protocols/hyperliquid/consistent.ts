import { type Decimal, decimal, max, ONE, sum, ZERO } from "../../core/decimal.ts";
import { InfoContradictionError } from "./info-client.ts";
import type { OpenOrder, PerpState, SpotState } from "./info-schemas.ts";

/** What the venue's own rounding may leave between two figures of one answer: a dollar, or a thousandth. */
const ROUNDING = decimal("0.001");
/** And in an entry price, of a coin: the sixth place is the last that a perpetual's price has. */
const ENTRY_ROUNDING = decimal("0.000001");

/** An account's perpetuals, and what speaks against believing them. */
export type SeenPerps = PerpState & { readonly doubts: readonly string[] };

/**
 * An account's perpetuals, and where their figures do not agree with each other: equity is dollars and the worth of positions,
 * and what a position is worth is what it cost and what it has gained. A single figure that is wrong is so found out. The
 * venue promises neither, so it is a doubt and no error: a doubt keeps nobody from getting home.
 *
 * @throws {InfoContradictionError} a position stands twice in it.
 */
export function consistentPerps(state: PerpState): SeenPerps {
  const doubts: string[] = [];
  const { marginSummary, assetPositions } = state;
  requireOnce(
    "clearinghouseState",
    "position in",
    assetPositions.map(({ position }) => position.coin),
  );
  const worths = assetPositions.map(({ position: { coin, szi, positionValue, entryPx, unrealizedPnl } }) => {
    const worth = szi.isNegative() ? positionValue.negated() : positionValue;
    const cost = szi.times(entryPx);
    const rounded = szi.abs().times(ENTRY_ROUNDING);
    if (!near(worth, cost.plus(unrealizedPnl), [worth, cost], rounded))
      doubts.push(`what the position in ${shown(coin)} is worth is not what it cost and has gained`);
    return worth;
  });
  const { accountValue, totalRawUsd } = marginSummary;
  if (!near(accountValue, sum([totalRawUsd, ...worths]), [totalRawUsd, ...worths]))
    doubts.push("the account's equity is not its dollars and what its positions are worth");
  return { ...state, doubts };
}

/**
 * Tokens are told apart by their numbers: a name is whatever its deployer likes, and anybody may send two of one name.
 *
 * @throws {InfoContradictionError} a token stands twice in it.
 */
export function consistentSpot(state: SpotState): SpotState {
  requireOnce(
    "spotClearinghouseState",
    "balance of",
    state.balances.flatMap(({ coin, token }) => (token === undefined ? coin : [])),
  );
  requireOnce(
    "spotClearinghouseState",
    "balance of token",
    state.balances.flatMap(({ token }) => token ?? []),
  );
  return state;
}

/** @throws {InfoContradictionError} an order stands twice in it. */
export function consistentOrders<T extends Pick<OpenOrder, "oid" | "cloid">>(orders: readonly T[]): readonly T[] {
  requireOnce(
    "frontendOpenOrders",
    "order",
    orders.map(({ oid }) => oid),
  );
  requireOnce(
    "frontendOpenOrders",
    "order",
    orders.flatMap(({ cloid }) => cloid ?? []),
  );
  return orders;
}

/** @param more - by how much more than their rounding they may differ. */
function near(one: Decimal, other: Decimal, parts: readonly Decimal[], more: Decimal = ZERO): boolean {
  const gross = sum(parts.map((part) => part.abs()));
  return one
    .minus(other)
    .abs()
    .lte(max(ONE, gross.times(ROUNDING)).plus(more));
}

function requireOnce(type: string, what: string, names: readonly (string | number)[]): void {
  const seen = new Set<string | number>();
  for (const name of names) {
    if (seen.has(name)) throw new InfoContradictionError(type, `it has the ${what} ${shown(name)} twice`);
    seen.add(name);
  }
}

function shown(name: string | number): string {
  return JSON.stringify(String(name).slice(0, 40));
}
