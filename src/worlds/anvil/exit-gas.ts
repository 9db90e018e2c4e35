import { type Decimal, decimal } from "../../core/decimal.ts";

/**
 * What an exit in a world may burn at most, in USD, as the gateway reserves it: an approval and a swap at a world's fees and
 * the price at which its markets begin.
 */
export const WORLD_EXIT_GAS_USD: Decimal = decimal("0.9");
