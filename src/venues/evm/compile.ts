import { BPS, type Decimal, fromUnits, ONE, roundUp, toUnits } from "../../core/decimal.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AccountId, type Action, type AssetId, type EvmCall, splitAssetId } from "../../protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../protocols/erc20.ts";
import { encodeSwap } from "../../protocols/uniswap-v3/router02.ts";
import { unwrapCall, wrapCall } from "../../protocols/weth9.ts";
import { IntentError } from "../venue.ts";
import { compileLiquidity } from "./compile-liquidity.ts";
import { compileVault } from "./compile-vault.ts";
import { exactApproval } from "./exact-approval.ts";
import type { EvmIntent, EvmSwap } from "./intents.ts";
import { accountOf, chainOf, deadlineOf, heldOf, type Owner, pinnedPrice, tokenOf, unitsOf, wrappedOn } from "./named.ts";
import type { EvmObservation, SeenPool } from "./observation.ts";
import { poolOutput } from "./pool-math.ts";

const UNLIMITED = 2n ** 256n - 1n;

export interface CompileParameters {
  readonly terms: Terms;
  /** How far below the pinned price a floor stands that the intent does not give. */
  readonly slippageBps: Decimal;
}

/**
 * The bytes that say an intent, in order. A swap brings its exact approval where the allowance is another, its
 * floor and its deadline; nothing is left out because it would be refused.
 *
 * @throws {IntentError} when no bytes can say it.
 */
export function compileEvm(
  intent: EvmIntent,
  seen: EvmObservation,
  { terms, slippageBps }: CompileParameters,
): readonly [Action, ...Action[]] {
  const from = accountOf(terms, intent.account ?? ownerOf(intent, seen));
  const on = (chain: string, ...calls: readonly [EvmCall, ...EvmCall[]]): readonly [Action, ...Action[]] => {
    const [first, ...rest] = calls;
    const action = (call: EvmCall): Action => ({ rail: "evm", chain, from: from.label, call });
    return [action(first), ...rest.map(action)];
  };
  switch (intent.kind) {
    case "swap": {
      const { chain, calls } = compileSwap(intent, seen, terms, slippageBps, from);
      return on(chain, ...calls);
    }
    case "wrap": {
      const { book, weth } = wrappedOn(terms, intent.chain);
      const native: AssetId = `${intent.chain}/${book.native.symbol}`;
      return on(intent.chain, wrapCall(weth.address, unitsOf(intent.amount, heldOf(seen, from.label, native), 18)));
    }
    case "unwrap": {
      const { weth } = wrappedOn(terms, intent.chain);
      return on(
        intent.chain,
        unwrapCall(weth.address, unitsOf(intent.amount, heldOf(seen, from.label, `${intent.chain}/${weth.symbol}`), 18)),
      );
    }
    case "transfer": {
      const { chain, symbol } = splitAssetId(intent.asset);
      const balance = heldOf(seen, from.label, intent.asset);
      if (symbol === chainOf(terms, chain).native.symbol) {
        return on(chain, { to: intent.to, data: "0x", value: unitsOf(intent.amount, balance, 18) });
      }
      const token = tokenOf(terms, intent.asset);
      return on(chain, encodeTransfer(token.address, intent.to, unitsOf(intent.amount, balance, token.decimals)));
    }
    case "approve": {
      const token = tokenOf(terms, intent.asset);
      const amount = intent.amount === "unlimited" ? UNLIMITED : toUnits(intent.amount, token.decimals);
      return on(token.chain, encodeApprove(token.address, intent.spender, amount));
    }
    case "revoke": {
      const token = tokenOf(terms, intent.asset);
      return on(token.chain, encodeApprove(token.address, intent.spender, 0n));
    }
    case "lp_open":
    case "lp_increase":
    case "lp_close":
    case "lp_collect_fees": {
      const { chain, calls } = compileLiquidity(intent, seen, { terms, slippageBps, from });
      return on(chain, ...calls);
    }
    case "vault_deposit":
    case "vault_redeem": {
      const { chain, calls } = compileVault(intent, seen, { terms, from });
      return on(chain, ...calls);
    }
    case "call":
      chainOf(terms, intent.chain);
      return on(intent.chain, { to: intent.to, data: intent.data, value: toUnits(intent.value, 18) });
  }
}

function compileSwap(intent: EvmSwap, seen: EvmObservation, terms: Terms, slippageBps: Decimal, from: Owner) {
  const [sold, bought] = [tokenOf(terms, intent.sell), tokenOf(terms, intent.buy)];
  const chain = sold.chain;
  if (bought.chain !== chain) {
    throw new IntentError("NOT_SWAPPABLE", `${intent.sell} and ${intent.buy} are on two chains`, "Swap on one chain.");
  }
  const amount = unitsOf(intent.amount, heldOf(seen, from.label, intent.sell), sold.decimals);
  const pool = bestPool(seen.pools, chain, sold.symbol, bought.symbol, fromUnits(amount, sold.decimals));
  if (!pool) {
    throw new IntentError(
      "NO_POOL",
      `no pool of the book trades ${sold.symbol} for ${bought.symbol}`,
      "Trade through the numeraire.",
    );
  }
  const router = Object.values(chainOf(terms, chain).contracts).find(({ kind }) => kind === "uniswap-v3-router02");
  if (!router)
    throw new IntentError("NO_ROUTER", `the book of ${chain} names no router`, "Add a uniswap-v3-router02 to its contracts.");
  const floor = intent.floor ?? pinnedFloor(intent, seen, fromUnits(amount, sold.decimals), slippageBps);
  const swap = encodeSwap({
    router: router.address,
    tokenIn: sold.address,
    tokenOut: bought.address,
    fee: pool.fee,
    recipient: from.address,
    amountIn: amount,
    amountOutMinimum: toUnits(floor, bought.decimals, "up"),
    deadline: deadlineOf(terms, seen),
  });
  const taking = {
    account: from.label,
    asset: intent.sell,
    token: sold.address,
    decimals: sold.decimals,
    spender: router.address,
  };
  // Exactly the amount, also when more is allowed: then nothing is left afterwards.
  const [first = swap, ...rest] = [...exactApproval(seen, taking, amount), swap];
  const calls: readonly [EvmCall, ...EvmCall[]] = [first, ...rest];
  return { chain, calls };
}

/** What must come back by the prices that the mandate pins, less its slippage. Never by the pool's own price. */
function pinnedFloor({ sell, buy }: EvmSwap, seen: EvmObservation, amount: Decimal, slippageBps: Decimal): Decimal {
  return roundUp(
    amount
      .times(pinnedPrice(seen, sell))
      .times(ONE.minus(slippageBps.div(BPS)))
      .div(pinnedPrice(seen, buy)),
    36,
  );
}

/** The pool of the book that gives most for the amount, by what was seen; the lower fee where two give the same. */
function bestPool(pools: readonly SeenPool[], chain: string, sell: string, buy: string, amount: Decimal): SeenPool | undefined {
  const trades = ({ token0, token1 }: SeenPool) =>
    (token0.symbol === sell && token1.symbol === buy) || (token0.symbol === buy && token1.symbol === sell);
  return pools
    .filter((pool) => pool.chain === chain && trades(pool))
    .map((pool) => ({ pool, output: poolOutput(pool, sell, amount) }))
    .toSorted((a, b) => b.output.cmp(a.output) || a.pool.fee - b.pool.fee)[0]?.pool;
}

/** A position is moved by the account that holds it. */
function ownerOf(intent: EvmIntent, { positions }: EvmObservation): AccountId | undefined {
  return "position" in intent ? positions.find(({ asset }) => asset === intent.position)?.account : undefined;
}
