import { parseTransaction, toFunctionSelector } from "viem/utils";
import type { Instant } from "../core/clock.ts";
import { type Decimal, decimal, fromUnits, max, ZERO } from "../core/decimal.ts";
import { type Hex, lower } from "../core/hex.ts";
import type { TransactionBody } from "../journal/entries.ts";
import { budgetsAt } from "../journal/fold-budgets.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
import { KILLED } from "../journal/stops.ts";
import { priceOf } from "../mandate/facts.ts";
import { agentsShare } from "../mandate/kept-for-exits.ts";
import { assetId } from "../protocols/effects.ts";
import type { EvmRail, SignedTransaction } from "./rails/evm/evm-rail.ts";
import { bidOf, isOutbid, replacementFees } from "./rails/evm/outbid.ts";
import type { Fees } from "./rails/evm/simulate.ts";
import type { WalletContext } from "./wallet-context.ts";

/** A transaction that is not mined, and its bytes. */
export interface Stuck {
  readonly transaction: TransactionBody;
  readonly bytes: Hex;
}

/**
 * Signs calls again that others outbid: the same nonce, the same bytes, a higher fee. What they can burn beyond what was
 * reserved is taken from the gas pots, and where it does not fit into one, nothing is signed again. Nor is it for a
 * request that could not be made now because the wallet is stopped.
 */
export async function replaceStuck(
  wallet: WalletContext,
  rail: EvmRail,
  request: RequestState,
  stuck: readonly Stuck[],
  now: Instant,
): Promise<readonly SignedTransaction[]> {
  const { stopped } = wallet.state;
  if (stuck.length === 0 || stopped?.code === KILLED || (stopped && request.reserved.class !== "reduce")) return [];
  const { fees, tip, prices } = await wallet.reach(() => rail.view(now, {}));
  const price = priceOf(prices, assetId(rail.chain, rail.book.native.symbol));
  if (!price) return [];
  for (const pot of potsOf(wallet, rail, request, stuck, now)) {
    const bids = bidsWithin(pot.left, stuck, price.usd, { fees, nextBaseFee: tip.nextBaseFee });
    if (!bids) continue;
    if (bids.higher.length === 0) return [];
    const signed: SignedTransaction[] = [];
    for (const bid of bids.higher) signed.push(await rail.signAgain(bid.bytes, bid.fees));
    const [gas, exitGas] = pot.exit ? [ZERO, bids.more_usd] : [bids.more_usd, ZERO];
    await wallet.keepSigned(request.key, signed, "call", { gas_usd: gas.toFixed(), exit_gas_usd: exitGas.toFixed() });
    return signed;
  }
  return [];
}

interface Bids {
  readonly higher: readonly { readonly bytes: Hex; readonly fees: Fees }[];
  readonly more_usd: Decimal;
}

/** Higher bids for what is outbid. Undefined: a pot has no room for all of them. */
function bidsWithin(
  left: Decimal | "unlimited",
  stuck: readonly Stuck[],
  nativeUsd: Decimal,
  { fees, nextBaseFee }: { readonly fees: Fees; readonly nextBaseFee: bigint },
): Bids | undefined {
  const higher: { readonly bytes: Hex; readonly fees: Fees }[] = [];
  let more = ZERO;
  for (const { transaction, bytes } of stuck) {
    const bid = bidOf(bytes);
    if (!isOutbid(bid, fees, nextBaseFee)) continue;
    const reserved = decimal(transaction.gas_most);
    const most = left === "unlimited" ? UNBOUNDED : reserved.plus(max(ZERO, left.minus(more)).div(nativeUsd));
    const raised = replacementFees(bid, fees, most);
    // Calls of one request go together: an approval that lands without its swap is worse than both waiting.
    if (!raised) return undefined;
    higher.push({ bytes, fees: raised });
    more = more.plus(max(ZERO, fromUnits(bid.gas * raised.maxFeePerGas, 18).minus(reserved)).times(nativeUsd));
  }
  return { higher, more_usd: more };
}

/** More native coin than any fee can take. */
const UNBOUNDED = decimal("1000000000000000000");

interface Pot {
  readonly exit: boolean;
  /** USD. */
  readonly left: Decimal | "unlimited";
}

/** The pots that a request's gas may be taken from, in order: what is kept for exits serves exits alone, and no unwrapping. */
function potsOf(
  { parts, state }: WalletContext,
  rail: EvmRail,
  { reserved }: RequestState,
  stuck: readonly Stuck[],
  now: Instant,
): readonly Pot[] {
  const { max_gas_usd_per_day, exit_gas_usd_per_day } = parts.terms.limits;
  const { gas_usd, exit_gas_usd } = budgetsAt(state, now, state.cycle);
  const left = (limit: Decimal | "unlimited", used: Decimal) => (limit === "unlimited" ? limit : max(ZERO, limit.minus(used)));
  // The other half is the operator's way home, whatever fees have risen to.
  const share =
    reserved.by === "operator" || exit_gas_usd_per_day === "unlimited" ? exit_gas_usd_per_day : agentsShare(exit_gas_usd_per_day);
  const exits: Pot = { exit: true, left: left(share, exit_gas_usd) };
  if (!decimal(reserved.at_worst.exit_gas_usd).isZero()) return [exits];
  const days: Pot = { exit: false, left: left(max_gas_usd_per_day, gas_usd) };
  return reserved.class === "reduce" && !stuck.every(({ bytes }) => unwraps(rail, bytes)) ? [days, exits] : [days];
}

const WITHDRAW = toFunctionSelector("function withdraw(uint256)");

function unwraps({ book }: EvmRail, bytes: Hex): boolean {
  const { to, data } = parseTransaction(bytes);
  const asset = Object.values(book.assets).find(({ address }) => to && lower(address) === lower(to));
  return asset?.kind === "weth9" && (data?.startsWith(WITHDRAW) ?? false);
}
