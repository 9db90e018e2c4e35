import { lower } from "../../core/hex.ts";
import type { Book } from "../../mandate/book.ts";
import { type AccountId, type Action, type EvmCall, splitAssetId } from "../../protocols/effects.ts";
import { encodeInvalidateNonces, encodeLockdown, encodeRaiseNonce } from "../../protocols/permit2.ts";
import type { LiveSignature } from "./orders.ts";

/** A transaction that ends messages which are live, and those that it ends. */
export interface TakenBack {
  readonly action: Action;
  readonly signatures: readonly LiveSignature[];
}

/**
 * Transactions that take live messages back, where their contract has a way: Permit2's nonces are used up, and what its
 * spenders may still pull is ended. An ERC-2612 permit and an EIP-3009 authorisation end by their deadlines alone.
 */
export function takeBackActions(signatures: readonly LiveSignature[], book: Book, from: AccountId): readonly TakenBack[] {
  const of = (chain: string, call: EvmCall, ended: readonly LiveSignature[]): TakenBack => ({
    action: { rail: "evm", chain, from, call },
    signatures: ended,
  });
  const words = new Map<string, { mask: bigint; readonly word: bigint; readonly all: LiveSignature[] }>();
  const pulled: TakenBack[] = [];
  for (const signature of signatures) {
    const { chain, type, contract, spender, amounts } = signature;
    if (type === "PermitTransferFrom" || type === "PermitBatchTransferFrom") {
      const nonce = BigInt(amounts[0]?.nonce ?? "0");
      const name = `${chain} ${contract} ${nonce >> 8n}`;
      const known = words.get(name) ?? { mask: 0n, word: nonce >> 8n, all: [] };
      known.mask |= 1n << (nonce & 255n);
      known.all.push(signature);
      words.set(name, known);
    } else if (type === "PermitSingle" || type === "PermitBatch") {
      const pairs = amounts.flatMap(({ asset, nonce }) => {
        const token = book.chains[chain]?.assets[splitAssetId(asset).symbol]?.address;
        return token === undefined ? [] : [{ token: lower(token), spender, nonce: Number(nonce) + 1 }];
      });
      // Whichever it is: not used yet, or used and not all pulled.
      for (const pair of pairs) pulled.push(of(chain, encodeRaiseNonce(contract, pair), [signature]));
      const told = pairs.map(({ token, spender: to }) => ({ token, spender: to }));
      if (told.length > 0) pulled.push(of(chain, encodeLockdown(contract, told), [signature]));
    }
  }
  const used = [...words.values()].flatMap(({ word, mask, all }) => {
    const [first] = all;
    return first ? [of(first.chain, encodeInvalidateNonces(first.contract, word, mask), all)] : [];
  });
  return [...used, ...pulled];
}
