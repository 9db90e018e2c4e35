import { DAY, SECOND } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";
import { sha256 } from "../../../core/json.ts";
import { abs, divCeil, fixed, most, readFixed, showFixed, USD_PLACES, USDC_WEI } from "./fixed-point.ts";
import { available, initial, isolatedEquity, leverageLimit, orderedNotional, standing, withdrawable } from "./margin.ts";
import {
  type Account,
  accountOf,
  emit,
  keep,
  leverageOf,
  type Market,
  newAccount,
  nextHash,
  type State,
  spotOf,
} from "./state.ts";
import type { ActionResult } from "./types.ts";

const LEDGER_KEPT = 10_000;
const WEI_PER_MILLIONTH = 100n;
const DONE: ActionResult = { ok: true };

function no(error: string): ActionResult {
  return { ok: false, error };
}

function log(state: State, account: Account, delta: { readonly type: string; readonly [key: string]: unknown }): void {
  const update = { time: state.now, hash: nextHash(state), delta };
  keep(account.ledger, update, LEDGER_KEPT);
  emit(state, { kind: "ledger", account: account.address, update });
}

/** Dollars of an account that may leave its perpetual side, in millionths. */
export function freeUsd(state: State, account: Account): bigint {
  return withdrawable(standing(state, account));
}

function external(state: State, token: number, wei: bigint): void {
  state.external.set(token, (state.external.get(token) ?? 0n) + wei);
}

export function deposit(state: State, account: Account, usd: bigint): ActionResult {
  if (usd <= 0n) return no("Deposit must be positive.");
  account.usd += usd;
  external(state, 0, usd * WEI_PER_MILLIONTH);
  log(state, account, { type: "deposit", usdc: showFixed(usd, USD_PLACES) });
  return DONE;
}

/** Puts a token into an account from outside: how a world gives accounts something to begin with. */
export function depositToken(state: State, account: Account, token: number, wei: bigint): ActionResult {
  if (wei <= 0n || state.tokens[token] === undefined) return no("Deposit must be positive.");
  spotOf(account, token).total += wei;
  external(state, token, wei);
  return DONE;
}

export function withdraw(state: State, account: Account, usd: bigint): ActionResult {
  const fee = fixed(state.switches.withdrawalFee, USD_PLACES);
  if (usd <= fee) return no("Withdrawal must cover its fee.");
  if (usd > freeUsd(state, account)) return no("Insufficient balance for withdrawal.");
  account.usd -= usd;
  state.earned.usd += fee;
  external(state, 0, -(usd - fee) * WEI_PER_MILLIONTH);
  log(state, account, {
    type: "withdraw",
    usdc: showFixed(usd - fee, USD_PLACES),
    nonce: state.now,
    fee: showFixed(fee, USD_PLACES),
  });
  return DONE;
}

export function classTransfer(state: State, account: Account, usd: bigint, toPerp: boolean): ActionResult {
  if (usd <= 0n) return no("Insufficient balance for transfer.");
  const wei = usd * WEI_PER_MILLIONTH;
  const spot = spotOf(account, 0);
  if (toPerp ? spot.total - spot.hold < wei : freeUsd(state, account) < usd) return no("Insufficient balance for transfer.");
  account.usd += toPerp ? usd : -usd;
  spot.total += toPerp ? -wei : wei;
  log(state, account, { type: "accountClassTransfer", usdc: showFixed(usd, USD_PLACES), toPerp });
  return DONE;
}

/** Dollars from one perpetual account to another. `type` is how the ledgers of both word it. */
export function sendUsd(state: State, from: Account, to: Address, usd: bigint, type: string): ActionResult {
  if (to === from.address) return no("Cannot self-transfer");
  if (usd <= 0n || freeUsd(state, from) < usd) return no("Insufficient balance for transfer.");
  const target = accountOf(state, to);
  from.usd -= usd;
  target.usd += usd;
  const fee = type === "internalTransfer" ? { fee: "0" } : {};
  const delta = { type, usdc: showFixed(usd, USD_PLACES), user: from.address, destination: to, ...fee };
  for (const account of [from, target]) log(state, account, delta);
  return DONE;
}

/** `token` as the wire writes it: its name, or "NAME:id". */
export function sendToken(state: State, from: Account, to: Address, token: string, amount: string): ActionResult {
  const known = state.tokens.find(({ name }) => name === token.split(":")[0]);
  if (known === undefined) return no("Unknown token.");
  if (to === from.address) return no("Cannot self-transfer");
  const wei = readFixed(amount, known.weiDecimals);
  const balance = spotOf(from, known.index);
  if (wei === null || wei <= 0n || balance.total - balance.hold < wei) return no("Insufficient balance for token transfer.");
  const target = accountOf(state, to);
  balance.total -= wei;
  spotOf(target, known.index).total += wei;
  const delta = {
    type: "spotTransfer",
    token: known.name,
    amount: showFixed(wei, known.weiDecimals),
    usdcValue: showFixed(usdcValue(state, known.index, wei), USDC_WEI),
    user: from.address,
    destination: to,
    fee: "0",
    nativeTokenFee: "0",
    nonce: null,
    feeToken: "",
  };
  for (const account of [from, target]) log(state, account, delta);
  return DONE;
}

/** Wei of USDC that a token amount is worth at its market's mark. */
function usdcValue(state: State, token: number, wei: bigint): bigint {
  if (token === 0) return wei;
  for (const market of state.markets.values()) {
    if (market.kind === "spot" && market.base === token) return (wei * market.mark) / market.baseUnit;
  }
  return 0n;
}

/** A new account that another runs; its address follows from whose and the how-many-th it is. */
export function createOwned(state: State, owner: Account, kind: "sub" | "vault", name: string): Address {
  const count = [...state.accounts.values()].filter((it) => it.owner === owner.address).length;
  const address: Address = `0x${sha256(`${kind}:${owner.address}:${count}`).slice(0, 40)}`;
  state.accounts.set(address, newAccount(address, kind, owner.address, name));
  return address;
}

/** Moves dollars into or out of a vault, for shares of it at what it is worth now. */
export function vaultTransfer(state: State, account: Account, vault: Account, usd: bigint, isDeposit: boolean): ActionResult {
  if (vault.kind !== "vault") return no("Vault not registered.");
  const worth = worthOf(state, vault);
  const shares = [...vault.shares.values()].reduce((sum, it) => sum + it, 0n);
  const own = vault.shares.get(account.address) ?? 0n;
  if (usd <= 0n || (shares > 0n && worth <= 0n)) return no("Insufficient balance for transfer.");
  const delta = {
    type: isDeposit ? "vaultDeposit" : "vaultWithdraw",
    vault: vault.address,
    user: account.address,
    usdc: showFixed(usd, USD_PLACES),
  };
  if (isDeposit) {
    if (freeUsd(state, account) < usd) return no("Insufficient balance for transfer.");
    vault.shares.set(account.address, own + (shares === 0n ? usd : (usd * shares) / worth));
  } else {
    const cost = shares === 0n ? 0n : divCeil(usd * shares, worth);
    if (cost > own || shares === 0n || freeUsd(state, vault) < usd) return no("Insufficient vault equity for withdrawal.");
    if (cost === own) vault.shares.delete(account.address);
    else vault.shares.set(account.address, own - cost);
  }
  account.usd += isDeposit ? -usd : usd;
  vault.usd += isDeposit ? usd : -usd;
  log(state, account, delta);
  return DONE;
}

/** What an account's perpetual side is worth, isolated positions included, in millionths. */
export function worthOf(state: State, account: Account): bigint {
  let worth = standing(state, account).equity;
  for (const [asset, position] of account.positions) {
    const market = state.markets.get(asset);
    if (market?.kind === "perp" && !leverageOf(account, market).cross) worth += isolatedEquity(market, position);
  }
  return worth;
}

export function updateLeverage(
  state: State,
  account: Account,
  market: Market | undefined,
  isCross: boolean,
  value: number,
): ActionResult {
  if (market?.kind !== "perp") return no("Invalid asset.");
  if (!Number.isInteger(value) || value < 1 || value > market.config.maxLeverage) return no("Invalid leverage value.");
  if (isCross && market.config.onlyIsolated === true) return no("Cross margin is not allowed for this asset.");
  const old = leverageOf(account, market);
  const position = account.positions.get(market.asset);
  const notional = abs((position?.szi ?? 0n) * market.mark);
  if (position !== undefined && old.cross !== isCross) return no("Cannot switch leverage type with open position.");
  if (value > leverageLimit(market, notional + orderedNotional(account, market)))
    return no("Leverage exceeds the margin tier of the position.");
  const now = standing(state, account);
  const ordered = orderedNotional(account, market);
  const more = initial(ordered, value) - initial(ordered, old.value);
  if (isCross) {
    const needed = initial(notional, value) - initial(notional, old.value) + more;
    if (needed > 0n && available(now) < needed) return no("Insufficient margin to change leverage.");
  } else {
    const short = position === undefined ? 0n : most(0n, initial(notional, value) - isolatedEquity(market, position));
    const moved = value < old.value ? short : 0n;
    if (most(0n, more) + moved > 0n && available(now) < more + moved) return no("Insufficient margin to change leverage.");
    if (position !== undefined) {
      position.raw += moved;
      account.usd -= moved;
    }
  }
  account.leverage.set(market.asset, { cross: isCross, value });
  return DONE;
}

/** Adds (or, negative, takes) millionths to or from an isolated position. */
export function updateIsolatedMargin(state: State, account: Account, market: Market | undefined, usd: bigint): ActionResult {
  const position = market === undefined ? undefined : account.positions.get(market.asset);
  if (market?.kind !== "perp" || position === undefined || leverageOf(account, market).cross) {
    return no("No isolated position to update margin of.");
  }
  const notional = abs(position.szi * market.mark);
  const kept = most(initial(notional, leverageOf(account, market).value), divCeil(notional, 10n));
  const short = usd >= 0n ? freeUsd(state, account) < usd : isolatedEquity(market, position) + usd < kept;
  if (short) return no("Insufficient margin for isolated margin update.");
  position.raw += usd;
  account.usd -= usd;
  return DONE;
}

/** Cancels all orders of the account at `time`, or takes that back. */
export function scheduleCancel(state: State, account: Account, time: number | null): ActionResult {
  if (account.volume < fixed(state.switches.scheduleCancelVolume, USD_PLACES)) {
    return no("Cannot set scheduled cancel time until enough volume traded.");
  }
  if (time !== null && (time < state.now + 5 * SECOND || time > state.now + DAY))
    return no("Scheduled cancel time is out of range.");
  account.cancelAt = time;
  return DONE;
}
