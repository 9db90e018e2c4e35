import { BPS, decimal, fromUnits, ONE, toUnits } from "../../core/decimal.ts";
import type { Terms } from "../../mandate/terms.ts";
import { type EvmCall, splitAssetId } from "../../protocols/effects.ts";
import { encodeApprove } from "../../protocols/erc20.ts";
import { mintSharesCall, redeemCall, withdrawCall } from "../../protocols/erc4626.ts";
import { IntentError } from "../venue.ts";
import { exactApproval } from "./exact-approval.ts";
import type { VaultIntent } from "./intents.ts";
import { heldOf, type Owner, tokenOf, unitsOf } from "./named.ts";
import type { EvmObservation } from "./observation.ts";

/** What a vault may earn between the observation and the block: so much less is asked for in shares. */
const GROWTH_BPS = decimal(1);

/**
 * A vault's bytes, with floors in them: money goes in by `mint`, which guarantees the shares and takes at most what the
 * request allows it, and comes out by `withdraw`, which guarantees the money. A withdrawal may burn every share, so only
 * all of it can be guaranteed; a part is redeemed where the mandate trusts the vault without a floor.
 *
 * @throws {IntentError}
 */
export function compileVault(
  intent: VaultIntent,
  seen: EvmObservation,
  { terms, from }: { readonly terms: Terms; readonly from: Owner },
): { readonly chain: string; readonly calls: readonly [EvmCall, ...EvmCall[]] } {
  const shares = tokenOf(terms, intent.vault);
  const vault = seen.vaults.find(({ asset, account }) => asset === intent.vault && account === from.label);
  if (shares.kind !== "erc4626" || !vault) {
    throw new IntentError(
      "NO_VAULT",
      shares.kind === "erc4626" ? `${intent.vault} does not answer as a vault` : `${intent.vault} is no vault`,
      "Name an asset of the book whose kind is erc4626.",
    );
  }
  const { chain } = shares;
  const held = tokenOf(terms, vault.underlying);
  if (intent.kind === "vault_deposit") {
    const amount = unitsOf(intent.amount, heldOf(seen, from.label, vault.underlying), held.decimals);
    const spent = fromUnits(amount, held.decimals).times(ONE.minus(GROWTH_BPS.div(BPS)));
    const bought = unitsOf(spent.times(vault.shares_each), vault.shares, shares.decimals);
    const taking = {
      account: from.label,
      asset: vault.underlying,
      token: held.address,
      decimals: held.decimals,
      spender: shares.address,
    };
    const mint = mintSharesCall(shares.address, bought, from.address);
    const end = encodeApprove(held.address, shares.address, 0n);
    const [first = mint, ...rest] = [...exactApproval(seen, taking, amount), mint, end];
    return { chain, calls: [first, ...rest] };
  }
  if (intent.amount === "all" || intent.amount.gte(vault.redeemable)) {
    const assets = unitsOf("all", vault.redeemable, held.decimals);
    return { chain, calls: [withdrawCall(shares.address, assets, from.address, from.address)] };
  }
  const { symbol } = splitAssetId(intent.vault);
  if (!terms.limits.allow_unfloored.includes(symbol)) {
    throw new IntentError(
      "NO_FLOOR",
      `taking a part out of ${symbol} may burn every share: no bytes bound it`,
      'Redeem "all" and deposit again what shall stay, or name the vault in allow_unfloored.',
    );
  }
  const part = intent.amount.div(vault.redeemable).times(toUnits(vault.shares, shares.decimals).toString());
  const units = BigInt(part.ceil().toFixed());
  return { chain, calls: [redeemCall(shares.address, units, from.address, from.address)] };
}
