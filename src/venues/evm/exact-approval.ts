import { toUnits } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import type { AccountId, AssetId, EvmCall } from "../../protocols/effects.ts";
import { encodeApprove } from "../../protocols/erc20.ts";
import type { EvmObservation } from "./observation.ts";

/** What may be taken of whom, by whom. */
export interface Taking {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly token: Address;
  readonly decimals: number;
  readonly spender: Address;
}

/** What a spender may take now, in base units. */
export function allowedUnits(
  { allowances }: Pick<EvmObservation, "allowances">,
  { account, asset, decimals, spender }: Taking,
): bigint {
  const stands = allowances.find((one) => one.account === account && one.asset === asset && one.spender === lower(spender));
  return stands === undefined ? 0n : toUnits(stands.amount, decimals);
}

/**
 * The calls after which exactly so much is allowed: none where it is already. What else stands is ended first: some tokens
 * give no allowance in the place of another.
 */
export function exactApproval(seen: Pick<EvmObservation, "allowances">, taking: Taking, units: bigint): readonly EvmCall[] {
  const { token, spender } = taking;
  const stands = allowedUnits(seen, taking);
  if (stands === units) return [];
  const approve = encodeApprove(token, spender, units);
  return stands === 0n || units === 0n ? [approve] : [encodeApprove(token, spender, 0n), approve];
}
