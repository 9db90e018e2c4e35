import { isDecimal } from "../../core/decimal.ts";
import { type Exposure, intentForms, type Vocabulary } from "../vocabulary.ts";
import { type EvmIntent, evmIntentSchema } from "./intents.ts";
import type { EvmObservation } from "./observation.ts";

const SAYS: Readonly<Partial<Record<EvmIntent["kind"], string>>> = {
  swap: 'sell an amount of one asset for another through the book\'s pools; amount in whole tokens of what is sold, or "all"; floor: the least that must come back, left out for the pinned price less slippage',
  wrap: 'the native coin into its wrapped form; amount in whole coins, or "all"',
  unwrap: 'the wrapped coin into the native one; amount in whole coins, or "all"',
  transfer: 'send an asset to an address; amount in whole tokens, or "all"',
  approve: 'let a contract spend an asset; amount in whole tokens, or "unlimited"',
  revoke: "take an allowance back",
  lp_open:
    "open a liquidity position in a pool: a range in percent around the pinned price, or its lower and upper end; sized in USD",
  lp_increase: "add liquidity to a position, sized in USD",
  lp_close: 'take a share of a position out, from above "0" to "1" (left out: all), and collect what is owed',
  lp_collect_fees: "collect what a position has earned",
  vault_deposit: 'put an amount of the vault\'s asset into a vault, or "all"',
  vault_redeem: 'take an amount of the vault\'s asset out of a vault, or "all"',
  call: "any call of a contract of the book, as bytes; value in whole native coins",
};

/** What a decider may want of an EVM chain. */
export const EVM_VOCABULARY: Vocabulary<EvmIntent, EvmObservation> = {
  intents: intentForms(evmIntentSchema.options, SAYS),
  adds: exposures,
};

/** A swap adds what it buys, at the value of what it sells. What leaves the mandate or cannot be valued is not told. */
function exposures(intent: EvmIntent, seen: EvmObservation): readonly Exposure[] | null {
  switch (intent.kind) {
    case "revoke":
    case "lp_close":
    case "lp_collect_fees":
    case "vault_redeem":
      return [];
    case "swap": {
      const at = (asset: string) =>
        seen.holdings.find((held) => held.asset === asset && (intent.account === undefined || held.account === intent.account));
      const sold = at(intent.sell);
      const bought = at(intent.buy);
      if (!sold || !bought) return null;
      if (bought.role === "numeraire") return [];
      const amount = isDecimal(intent.amount) ? intent.amount : sold.amount;
      const change_usd = sold.price_usd === null ? null : amount.times(sold.price_usd);
      return [{ account: bought.account, asset: bought.asset, change_usd }];
    }
    default:
      return null;
  }
}
