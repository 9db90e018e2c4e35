import type { Hex } from "viem";
import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import { SECOND } from "../../core/clock.ts";
import { Decimal } from "../../core/decimal.ts";
import { poolAbi } from "./abi.ts";
import { Q96, sqrtRatioAtTick } from "./tick-math.ts";

/** Asks a pool for its mean over the last `window` milliseconds. A pool that does not remember so far back reverts. */
export function encodeObserve(window: number): Hex {
  return encodeFunctionData({ abi: poolAbi, functionName: "observe", args: [[Math.ceil(window / SECOND), 0]] });
}

/**
 * The time-weighted geometric mean price of token0 in token1 over the window, both in whole tokens. Undefined: the answer
 * is not a pool's.
 */
export function readMeanPrice(
  answer: Hex,
  { window, decimals0, decimals1 }: { readonly window: number; readonly decimals0: number; readonly decimals1: number },
): Decimal | undefined {
  try {
    const [ticks] = decodeFunctionResult({ abi: poolAbi, functionName: "observe", data: answer });
    const [then, now] = ticks;
    const seconds = BigInt(Math.ceil(window / SECOND));
    if (then === undefined || now === undefined || ticks.length !== 2) return undefined;
    const ratio = sqrtRatioAtTick(Number((now - then) / seconds));
    if (ratio === undefined) return undefined;
    const root = new Decimal(ratio.toString()).div(Q96.toString());
    return root.times(root).times(new Decimal(10).pow(decimals0 - decimals1));
  } catch {
    return undefined;
  }
}
