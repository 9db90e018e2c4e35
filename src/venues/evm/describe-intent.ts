import type { Decimal } from "../../core/decimal.ts";
import { shortHex } from "../../core/hex.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import type { EvmIntent } from "./intents.ts";

/** "swap 0.11 WETH for USDC": what is wanted, for people. */
export function describeIntent(intent: EvmIntent): string {
  switch (intent.kind) {
    case "swap":
      return `swap ${amountOf(intent.amount)} ${symbolOf(intent.sell)} for ${symbolOf(intent.buy)}`;
    case "wrap":
    case "unwrap":
      return `${intent.kind} ${amountOf(intent.amount)} on ${intent.chain}`;
    case "transfer":
      return `send ${amountOf(intent.amount)} ${symbolOf(intent.asset)} to ${shortHex(intent.to)}`;
    case "approve":
      return `let ${shortHex(intent.spender)} spend ${amountOf(intent.amount)} ${symbolOf(intent.asset)}`;
    case "revoke":
      return `take back ${shortHex(intent.spender)}'s allowance of ${symbolOf(intent.asset)}`;
    case "call":
      return `call ${shortHex(intent.to)} with ${(intent.data.length - 2) / 2} bytes`;
  }
}

function amountOf(amount: Decimal | "all" | "unlimited"): string {
  return typeof amount === "string" ? amount : amount.toFixed();
}

function symbolOf(asset: `${string}/${string}`): string {
  return splitAssetId(asset).symbol;
}
