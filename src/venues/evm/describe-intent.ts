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
    case "lp_open": {
      const range = intent.range_pct
        ? `±${intent.range_pct.toFixed()} %`
        : `${intent.lower?.toFixed()} to ${intent.upper?.toFixed()}`;
      return `provide ${sizeOf(intent)} to ${symbolOf(intent.pool)} at ${range}`;
    }
    case "lp_increase":
      return `add ${sizeOf(intent)} to position ${idOf(intent.position)}`;
    case "lp_close":
      return `take ${intent.share && !intent.share.eq(1) ? `${intent.share.times(100).toDecimalPlaces(2).toFixed()} % of ` : ""}position ${idOf(intent.position)} out`;
    case "lp_collect_fees":
      return `collect the fees of position ${idOf(intent.position)}`;
    case "vault_deposit":
      return `deposit ${amountOf(intent.amount)} into ${symbolOf(intent.vault)}`;
    case "vault_redeem":
      return `redeem ${amountOf(intent.amount)} from ${symbolOf(intent.vault)}`;
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

function sizeOf({ amounts, value_usd }: Pick<Extract<EvmIntent, { kind: "lp_open" }>, "amounts" | "value_usd">): string {
  if (value_usd) return `$${value_usd.toFixed()}`;
  return Object.entries(amounts ?? {})
    .map(([symbol, amount]) => `${amountOf(amount)} ${symbol}`)
    .join(" and ");
}

/** "base/lp:positions:42" is 42. */
function idOf(position: `${string}/${string}`): string {
  return position.slice(position.lastIndexOf(":") + 1);
}
