import { parseTransaction } from "viem/utils";
import { type Decimal, toUnits } from "../../../core/decimal.ts";
import type { Hex } from "../../../core/hex.ts";
import type { Fees } from "./simulate.ts";

/** Gas of an empty transfer. */
export const TRANSFER_GAS = 21_000n;

export interface Bid extends Fees {
  readonly gas: bigint;
}

/** What signed bytes offer. */
export function bidOf(bytes: Hex): Bid {
  const { gas = 0n, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(bytes);
  return { gas, maxFeePerGas, maxPriorityFeePerGas };
}

/** Whether the next block leaves a bid less for its producer than is asked for now, by more than what a replacement adds. */
export function isOutbid(bid: Bid, current: Fees, nextBaseFee: bigint): boolean {
  const left = smaller(bid.maxPriorityFeePerGas, bid.maxFeePerGas - nextBaseFee);
  return left < 0n || raised(left) < current.maxPriorityFeePerGas;
}

/**
 * Fees for bytes that take another's place in a node's pool: an eighth more than theirs, as the strictest nodes ask, and
 * no less than is needed now. Undefined where that burns more than `most`, in whole native coins.
 */
export function replacementFees(bid: Bid, current: Fees, most: Decimal): Fees | undefined {
  const maxFeePerGas = larger(current.maxFeePerGas, raised(bid.maxFeePerGas));
  const affordable = bid.gas === 0n ? 0n : toUnits(most, 18) / bid.gas;
  const least = larger(raised(bid.maxFeePerGas), (current.maxFeePerGas + current.maxPriorityFeePerGas) / 2n);
  const cap = smaller(maxFeePerGas, affordable);
  if (cap < least) return undefined;
  const priority = larger(current.maxPriorityFeePerGas, raised(bid.maxPriorityFeePerGas));
  return { maxFeePerGas: cap, maxPriorityFeePerGas: smaller(priority, cap) };
}

/** Fees for the empty transfer that takes a nonce away, whatever it costs up to `most`, in whole native coins. */
export function voidFees(replaced: Hex | undefined, current: Fees, most: Decimal): Fees {
  const { maxFeePerGas, maxPriorityFeePerGas } = replaced === undefined ? NOTHING : bidOf(replaced);
  const wanted = larger(current.maxFeePerGas * 2n, raised(maxFeePerGas));
  const cap = smaller(wanted, toUnits(most, 18) / TRANSFER_GAS);
  const priority = larger(current.maxPriorityFeePerGas * 2n, raised(maxPriorityFeePerGas));
  return { maxFeePerGas: cap, maxPriorityFeePerGas: smaller(priority, cap) };
}

const NOTHING = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };

function raised(fee: bigint): bigint {
  return fee + fee / 8n + 1n;
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
