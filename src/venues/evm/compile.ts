import { SECOND } from "../../core/clock.ts";
import { BPS, type Decimal, decimal, fromUnits, ONE, roundUp, toUnits, ZERO } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import type { ChainBook } from "../../mandate/book.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type AccountId, type Action, type AssetId, type EvmCall, splitAssetId } from "../../protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../protocols/erc20.ts";
import { encodeSwap } from "../../protocols/uniswap-v3/router02.ts";
import { unwrapCall, wrapCall } from "../../protocols/weth9.ts";
import { IntentError } from "../venue.ts";
import type { EvmIntent, EvmSwap } from "./intents.ts";
import type { EvmObservation, SeenPool } from "./observation.ts";
import { poolOutput } from "./pool-math.ts";

/** How long after the observation the bytes of a swap stay valid, at most. */
const VALID_SECONDS = decimal(240);
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
  const from = accountOf(terms, intent.account);
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
      return on(intent.chain, wrapCall(weth.address, units(intent.amount, held(seen, from.label, native), 18)));
    }
    case "unwrap": {
      const { weth } = wrappedOn(terms, intent.chain);
      return on(
        intent.chain,
        unwrapCall(weth.address, units(intent.amount, held(seen, from.label, `${intent.chain}/${weth.symbol}`), 18)),
      );
    }
    case "transfer": {
      const { chain, symbol } = splitAssetId(intent.asset);
      const balance = held(seen, from.label, intent.asset);
      if (symbol === chainOf(terms, chain).native.symbol) {
        return on(chain, { to: intent.to, data: "0x", value: units(intent.amount, balance, 18) });
      }
      const token = tokenOf(terms, intent.asset);
      return on(chain, encodeTransfer(token.address, intent.to, units(intent.amount, balance, token.decimals)));
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
    case "call":
      chainOf(terms, intent.chain);
      return on(intent.chain, { to: intent.to, data: intent.data, value: toUnits(intent.value, 18) });
  }
}

interface Owner {
  readonly label: AccountId;
  readonly address: Address;
}

function compileSwap(intent: EvmSwap, seen: EvmObservation, terms: Terms, slippageBps: Decimal, from: Owner) {
  const [sold, bought] = [tokenOf(terms, intent.sell), tokenOf(terms, intent.buy)];
  const chain = sold.chain;
  if (bought.chain !== chain) {
    throw new IntentError("NOT_SWAPPABLE", `${intent.sell} and ${intent.buy} are on two chains`, "Swap on one chain.");
  }
  const amount = units(intent.amount, held(seen, from.label, intent.sell), sold.decimals);
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
  const valid = VALID_SECONDS.lt(terms.limits.max_deadline_seconds) ? VALID_SECONDS : terms.limits.max_deadline_seconds;
  const swap = encodeSwap({
    router: router.address,
    tokenIn: sold.address,
    tokenOut: bought.address,
    fee: pool.fee,
    recipient: from.address,
    amountIn: amount,
    amountOutMinimum: toUnits(floor, bought.decimals, "up"),
    deadline: BigInt(Math.floor(seen.at / SECOND) + valid.floor().toNumber()),
  });
  const allowed = seen.allowances.find(
    (one) => one.account === from.label && one.asset === intent.sell && one.spender === lower(router.address),
  );
  // Exactly the amount, also when more is allowed: then nothing is left afterwards.
  const ready = allowed !== undefined && toUnits(allowed.amount, sold.decimals) === amount;
  const calls: readonly [EvmCall, ...EvmCall[]] = ready ? [swap] : [encodeApprove(sold.address, router.address, amount), swap];
  return { chain, calls };
}

/** What must come back by the prices that the mandate pins, less its slippage. Never by the pool's own price. */
function pinnedFloor({ sell, buy }: EvmSwap, seen: EvmObservation, amount: Decimal, slippageBps: Decimal): Decimal {
  const price = (asset: AssetId): Decimal => {
    const known = seen.prices[asset];
    if (known && "usd" in known) return known.usd;
    throw new IntentError(
      "NO_PRICE",
      known?.reason ?? `no price for ${asset}`,
      "A swap needs a floor, and a floor needs both prices.",
    );
  };
  return roundUp(
    amount
      .times(price(sell))
      .times(ONE.minus(slippageBps.div(BPS)))
      .div(price(buy)),
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

function units(amount: Decimal | "all", balance: Decimal, decimals: number): bigint {
  const exact = toUnits(amount === "all" ? balance : amount, decimals);
  if (exact === 0n)
    throw new IntentError("AMOUNT_ZERO", "the amount is 0, or less than the smallest unit", "Give an amount above 0.");
  return exact;
}

function held(seen: EvmObservation, account: AccountId, asset: AssetId): Decimal {
  return seen.holdings.find((one) => one.account === account && one.asset === asset)?.amount ?? ZERO;
}

function accountOf(terms: Terms, label: AccountId | undefined): Owner {
  const wanted = label ?? Object.keys(terms.accounts)[0];
  const address = wanted === undefined ? undefined : terms.accounts[wanted];
  if (wanted === undefined || address === undefined) {
    throw new IntentError("UNKNOWN_ACCOUNT", `${label} is no account of the mandate`, "Leave it out for the wallet.");
  }
  return { label: wanted, address };
}

function chainOf(terms: Terms, label: string): ChainBook {
  const chain = terms.book.chains[label];
  if (chain) return chain;
  throw new IntentError(
    "UNKNOWN_CHAIN",
    `${label} is no chain of the mandate`,
    `It has ${Object.keys(terms.book.chains).join(", ")}.`,
  );
}

function tokenOf(terms: Terms, asset: AssetId) {
  const { chain, symbol } = splitAssetId(asset);
  const book = chainOf(terms, chain);
  const token = book.assets[symbol];
  if (token) return { chain, symbol, ...token };
  if (symbol === book.native.symbol) {
    throw new IntentError("NOT_SWAPPABLE", `${asset} is the native coin, not a token`, "Wrap it first.");
  }
  throw new IntentError(
    "UNKNOWN_ASSET",
    `${asset} is no asset of the mandate's book`,
    `${chain} has ${Object.keys(book.assets).join(", ")}.`,
  );
}

function wrappedOn(terms: Terms, chain: string) {
  const book = chainOf(terms, chain);
  const weth = Object.entries(book.assets).find(([, { kind }]) => kind === "weth9");
  if (weth) return { book, weth: { symbol: weth[0], ...weth[1] } };
  throw new IntentError("NOT_SWAPPABLE", `the book of ${chain} has no wrapped coin`, "Add an asset of kind weth9.");
}
