import { describeIntent as describeEvm } from "../../venues/evm/describe-intent.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import { describeIntent as describeOrder } from "../../venues/hyperliquid/describe-intent.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";

/** An intent of whichever venue, for people. */
export function describeAny(intent: AnyIntent): string {
  return isOfExchange(intent) ? describeOrder(intent) : describeEvm(intent as EvmIntent);
}

const EXCHANGE_KINDS: ReadonlySet<string> = new Set(["order", "close", "cancel", "stop", "take_profit", "set_leverage"]);

function isOfExchange(intent: AnyIntent): intent is HyperliquidIntent {
  return EXCHANGE_KINDS.has(intent.kind) || (intent.kind === "transfer" && "usd" in intent);
}
