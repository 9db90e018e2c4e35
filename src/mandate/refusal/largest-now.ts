import { type Decimal, sum } from "../../core/decimal.ts";
import type { AssetId, Effects } from "../../protocols/effects.ts";
import { type ExchangeEffects, type ExchangeMove, opens } from "../../protocols/exchange-effects.ts";
import type { LargestNow, Verdict, ViolationCode } from "../verdict.ts";
import { chainSizes } from "./chain-sizes.ts";
import { exchangeSizes, kindOf } from "./exchange-sizes.ts";
import { type Judged, LargestSearch, type Wanted } from "./search-largest.ts";
import type { AssetAmount, Sizes } from "./smaller.ts";

/** A refused request, with everything that it was judged by. */
export interface Asked extends Judged {
  /** At an exchange: where the account would stand with other moves. Absent: there is no way to tell, or it is of a chain. */
  readonly withMoves?: (moves: readonly ExchangeMove[]) => ExchangeEffects;
}

export type Largest = Pick<LargestNow, "kind" | "amounts" | "because">;

/** What a smaller amount can be the way out of. Whatever else a request is denied for, less of the same is denied for too. */
const OF_AMOUNT: ReadonlySet<ViolationCode> = new Set<ViolationCode>([
  "TRADE_TOO_LARGE",
  "HOURLY_SPEND",
  "DAILY_SPEND",
  "WEEKLY_SPEND",
  "TOTAL_SPEND",
  "FLEET_SPEND",
  "FLEET_LOSS",
  "MIN_CASH",
  "DAILY_LOSS",
  "POSITION_TOO_LARGE",
  "GAS_RESERVE",
  "ALLOWANCE_LEFT",
  "ARGUMENT_NOT_ALLOWED",
  "REDUCE_ONLY_TOO_LARGE",
  "LEVERAGE",
  "MARGIN_AT_RISK",
  "LIQUIDATION_DISTANCE",
  "NEEDS_APPROVAL",
  "APPROVAL_DENIED",
  "APPROVALS_FULL",
  "PRICE_IMPACT",
]);

/** What a simulation found, or could not: of any other amount it may find something else. */
const UNTOLD: ReadonlySet<ViolationCode> = new Set<ViolationCode>(["WOULD_REVERT", "CANNOT_SIMULATE", "UNEXPLAINED_EFFECT"]);

/** What a request that fails is denied for beside that, because nothing came in. */
const UNPAID: ReadonlySet<ViolationCode> = new Set<ViolationCode>(["SLIPPAGE", "EXIT_COST", "DAILY_LOSS", "FLEET_LOSS"]);

/** What getting safer passes: where it is not known whether less would do that, neither is whether these hold of it. */
const OF_TRADES: ReadonlySet<ViolationCode> = new Set<ViolationCode>([
  "DRAWDOWN",
  "VAULT_SILENT",
  "TRADES_PER_HOUR",
  "COOLDOWN",
  "BREAKER",
  "FROZEN",
  "ACTIONS_PER_PLAN",
  "OUTSIDE_HOURS",
]);

/** What a person was asked, or is asked now. */
export const OF_PERSON: ReadonlySet<ViolationCode> = new Set<ViolationCode>([
  "NEEDS_APPROVAL",
  "APPROVAL_DENIED",
  "APPROVALS_FULL",
]);

const isAllowed: Wanted = ({ kind }) => kind === "allow";
const isNotDenied: Wanted = ({ kind }) => kind !== "deny";

/**
 * The most of what a refused request gives that would pass in its place. It is judged by the same rules as any request, on
 * what was read for the whole of it; nothing is asked anew. Null: the request gives nothing.
 *
 * @param codes - why the request was refused.
 */
export function largestNow(asked: Asked, codes: readonly ViolationCode[]): Largest | null {
  const { effects, withMoves, terms } = asked;
  if (effects.exchange && !withMoves) return null;
  const sizes = withMoves ? exchangeSizes(terms, effects, withMoves) : chainSizes(terms, effects);
  if (!sizes) return null;
  if (codes.some((code) => UNTOLD.has(code))) return ofFailed(asked, sizes, codes);
  const stay = codes.filter((code) => !OF_AMOUNT.has(code) && !(onlyCloses(effects) && ofClass(code)));
  if (stay.length > 0) return none(stay);
  // How far less pushes a pool nobody has looked at: the other limits bound it all the same.
  const anyPush = codes.includes("PRICE_IMPACT");
  const search = new LargestSearch(asked, sizes, { anyPush });
  const passing = search.most(isAllowed);
  if (passing && anyPush) return { kind: "unsure", amounts: passing.amounts, because: ["PRICE_IMPACT"] };
  if (passing) return { kind: "passes", amounts: passing.amounts, because: [] };
  const { least } = search;
  // Where a person was asked, only what needs nobody is news.
  const needsPerson = codes.some((code) => OF_PERSON.has(code));
  const asking = needsPerson || anyPush || least?.kind !== "ask" ? null : search.most(isNotDenied);
  if (asking) return { kind: "asks", amounts: asking.amounts, because: [] };
  return none(least && least.kind !== "allow" ? codesOf(least) : codes);
}

/** Of a request that fails on the chain: no more than is held, and no more than the limits allow whatever would come in. */
function ofFailed(asked: Asked, sizes: Sizes, codes: readonly ViolationCode[]): Largest {
  const { effects } = asked;
  const open = (code: ViolationCode) =>
    UNTOLD.has(code) || UNPAID.has(code) || (effects.payments.length === 0 && OF_TRADES.has(code));
  const stay = codes.filter((code) => !OF_AMOUNT.has(code) && !open(code));
  if (stay.length > 0) return none(stay);
  const bounded: Wanted = (verdict, { amounts }) =>
    codesOf(verdict).every(open) && amounts.every(({ asset, amount }) => amount.lte(heldOf(effects, asset)));
  const most = new LargestSearch(asked, sizes).most(bounded)?.amounts ?? [];
  const whole = sizes.at(sizes.whole)?.amounts ?? [];
  const amounts = sameAmounts(most, whole) ? [] : most;
  return { kind: "unsure", amounts, because: [...new Set(codes.filter((code) => UNTOLD.has(code)))] };
}

/** Whether all that is asked of an exchange is to bring positions nearer to nothing. */
function onlyCloses(effects: Effects): boolean {
  const orders =
    effects.exchange?.moves.flatMap((move) => (move.do === "order" || move.do === "replace" ? [move.order] : [])) ?? [];
  return orders.length > 0 && orders.every((order) => !opens(order, kindOf(effects, order.asset)));
}

function ofClass(code: ViolationCode): boolean {
  return OF_TRADES.has(code) || code === "SLIPPAGE" || code === "FEE_TOO_HIGH" || code === "REQUEST_RESERVE";
}

function none(because: readonly ViolationCode[]): Largest {
  return { kind: "none", amounts: [], because: [...new Set(because)] };
}

function codesOf(verdict: Verdict): readonly ViolationCode[] {
  const found = verdict.kind === "deny" ? verdict.violations : verdict.kind === "ask" ? verdict.because : [];
  return found.map(({ code }) => code);
}

function heldOf({ before }: Effects, asset: AssetId): Decimal {
  return sum(before.flatMap((held) => (held.asset === asset ? [held.amount] : [])));
}

function sameAmounts(some: readonly AssetAmount[], others: readonly AssetAmount[]): boolean {
  return some.every(({ amount }, i) => others[i]?.amount.eq(amount) ?? false);
}
