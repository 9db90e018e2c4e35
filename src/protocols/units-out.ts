import type { Decimal } from "../core/decimal.ts";
import { type AssetId, splitAssetId } from "./effects.ts";

/**
 * Whole tokens that a request gives up at most, by symbol: the most that goes from one account, for what goes on to another
 * own account goes once.
 */
export function unitsOut(
  deltas: readonly { readonly asset: AssetId; readonly least: Decimal }[],
): Readonly<Record<string, Decimal>> {
  const units: Record<string, Decimal> = {};
  for (const { asset, least } of deltas) {
    if (!least.isNegative() || least.isZero()) continue;
    const { symbol } = splitAssetId(asset);
    const [known, amount] = [units[symbol], least.negated()];
    if (known === undefined || known.lt(amount)) units[symbol] = amount;
  }
  return units;
}
