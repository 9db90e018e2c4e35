import type { Instant } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";
import { recoverSigner } from "../../../protocols/hyperliquid/recover-signer.ts";
import { l1TypedData, userSignedTypedData } from "../../../protocols/hyperliquid/typed-data.ts";
import type { ApiWallets } from "./api-wallets.ts";
import type { ActionRequest } from "./read-action.ts";

/** What the exchange knows of addresses. */
export interface Accounts {
  exists(address: Address): boolean;
  /** Who runs a vault, or owns a sub-account; null for any other address. */
  operatorOf(address: Address): Address | null;
}

export interface Identity {
  /** Whose key signed: an account's or an API wallet's. Nonces are kept by it. */
  readonly signer: Address;
  /** Whose action it is. */
  readonly master: Address;
  /** What it acts on: the master, or a vault or sub-account of the master's. */
  readonly account: Address;
  readonly byApiWallet: boolean;
}

/** What API wallets may do beside trading. The venue lets them move money between vaults. */
const API_WALLETS_MAY: ReadonlySet<string> = new Set(["noop", "vaultTransfer"]);

/**
 * Who signed a request and for whom, or the venue's words for why nobody did.
 *
 * Only signatures for the testnet count: one for mainnet hashes otherwise, and so belongs to an address that nobody
 * has. That is also how the venue itself answers a wrong hash.
 */
export async function identify(
  request: ActionRequest,
  { accounts, wallets, now }: { readonly accounts: Accounts; readonly wallets: ApiWallets; readonly now: Instant },
): Promise<Identity | string> {
  const { action, received, nonce, vaultAddress, expiresAfter, signature } = request;
  if (action.kind === "user-signed") {
    const { value } = action;
    if (value.hyperliquidChain !== "Testnet") return "Only hyperliquidChain Testnet is accepted by the paper exchange.";
    const signer = await recoverSigner(userSignedTypedData(value), signature);
    if (signer === null) return "Invalid signature";
    if (!accounts.exists(signer)) return `Must deposit before performing actions. User: ${signer}`;
    if (("time" in value ? value.time : value.nonce) !== nonce) return "Nonce of the action and of the request differ.";
    return { signer, master: signer, account: signer, byApiWallet: false };
  }
  const signer = await recoverSigner(l1TypedData({ action: received, nonce, vaultAddress, expiresAfter }, "testnet"), signature);
  if (signer === null) return "Invalid signature";
  const owner = wallets.masterOf(signer, now);
  if (owner === null && !accounts.exists(signer)) return `User or API Wallet ${signer} does not exist.`;
  const master = owner ?? signer;
  if (owner !== null && action.kind === "account" && !API_WALLETS_MAY.has(action.value.type)) {
    return `API Wallet ${signer} is not permitted to perform ${action.value.type}.`;
  }
  if (vaultAddress === undefined) return { signer, master, account: master, byApiWallet: owner !== null };
  if (accounts.operatorOf(vaultAddress) !== master) return `Vault not registered: ${vaultAddress}`;
  return { signer, master, account: vaultAddress, byApiWallet: owner !== null };
}
