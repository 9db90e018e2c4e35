import { decodeFunctionData, parseAbi } from "viem/utils";
import { fromUnits } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import { type AssetId, assetId, type EvmCall, type Unknown } from "./effects.ts";
import { accountAt, bareMeaning, unknown } from "./meaning.ts";
import type { CallContext, Meaning } from "./protocol.ts";

/** Functions that every token contract may have, whoever wrote it. */
const abi = parseAbi([
  "function transferFrom(address from, address to, uint256 id)",
  "function safeTransferFrom(address from, address to, uint256 id)",
  "function safeTransferFrom(address from, address to, uint256 id, bytes data)",
  "function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes data)",
  "function safeBatchTransferFrom(address from, address to, uint256[] ids, uint256[] amounts, bytes data)",
  "function setApprovalForAll(address operator, bool approved)",
  "function increaseAllowance(address spender, uint256 added)",
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  // Permit2's own
  "function approve(address token, address spender, uint160 amount, uint48 expiration)",
  "function transferFrom(address from, address to, uint160 amount, address token)",
]);
/** ERC-20 and ERC-721 share these bytes: an amount for one, a token's id for the other. */
const approveAbi = parseAbi(["function approve(address spender, uint256 amountOrId)"]);

/** One token of an ERC-721 or ERC-1155 contract: "base/nft:0x…:42". */
export function nftAsset(chain: string, contract: Address, id: bigint): AssetId {
  return assetId(chain, `nft:${lower(contract)}:${id}`);
}

/**
 * What a call that the book gives no meaning to would do by the token standards, so that its refusal says so: transfers
 * of NFTs are payments, approvals of operators and Permit2's are allowances. Undefined: none of them.
 *
 * Nothing here allows a call: who asks adds why it is refused.
 */
export function standardMeaning(context: CallContext, call: EvmCall, named: { contract: string | null; kind: string | null }) {
  const read = tryDecode(call);
  if (!read) return undefined;
  const meaning = (args: Readonly<Record<string, string>>, rest: Partial<Meaning>): Meaning => ({
    ...bareMeaning(context, call, { ...named, name: read.functionName, args }),
    ...rest,
  });
  const transfer = (to: Address, items: readonly (readonly [AssetId, bigint])[]) =>
    meaning(
      { to: lower(to), items: items.map(([asset, amount]) => `${amount} ${asset}`).join(", ") },
      {
        pays:
          accountAt(context.accounts, to) === undefined
            ? items.map(([asset, amount]) => ({ to: lower(to), asset, amount: fromUnits(amount, 0) }))
            : [],
      },
    );
  const nft = (id: bigint) => nftAsset(context.chain, call.to, id);
  switch (read.functionName) {
    case "safeBatchTransferFrom": {
      const [, to, ids, amounts] = read.args;
      return transfer(
        to,
        ids.map((id, i) => [nft(id), amounts[i] ?? 0n]),
      );
    }
    case "safeTransferFrom": {
      const [, to, id, amount] = read.args;
      return transfer(to, [[nft(id), typeof amount === "bigint" ? amount : 1n]]);
    }
    case "transferFrom": {
      const [, to, amount, token] = read.args;
      if (token !== undefined) return transfer(to, [[assetId(context.chain, lower(token)), amount]]);
      return transfer(to, [[nft(amount), 1n]]);
    }
    case "setApprovalForAll": {
      const [operator, approved] = read.args;
      const what = `${lower(operator)} could take every token of ${lower(call.to)} that is held, until that is revoked`;
      return meaning(
        { operator: lower(operator), approved: String(approved) },
        { unknown: approved ? [standing(context, operator, what)] : [] },
      );
    }
    case "approve": {
      const [first, second, amount, expiration] = read.args;
      if (second === undefined || typeof second === "bigint") {
        const what = `${lower(first)} could take token or amount ${second ?? "?"} of ${lower(call.to)}, until that is revoked`;
        return meaning({ spender: lower(first) }, { unknown: [standing(context, first, what)] });
      }
      const what = `${lower(second)} could take ${amount} base units of ${lower(first)} by way of Permit2 until ${expiration}`;
      const args = { token: lower(first), spender: lower(second), amount: String(amount), expiration: String(expiration) };
      return meaning(args, { unknown: amount === 0n ? [] : [standing(context, second, what)] });
    }
    case "increaseAllowance": {
      const [spender, added] = read.args;
      const what = `${lower(spender)} could take ${added} base units more, until that is revoked`;
      return meaning({ spender: lower(spender), added: String(added) }, { unknown: [standing(context, spender, what)] });
    }
    case "permit": {
      const [owner, spender, value] = read.args;
      const what = `a signature of ${lower(owner)} would let ${lower(spender)} take ${value} base units`;
      return meaning({ owner: lower(owner), spender: lower(spender) }, { unknown: [standing(context, spender, what)] });
    }
  }
}

/** A standing right over what is held: to nobody of the book, or to somebody for longer than the request. */
function standing({ book }: CallContext, spender: Address, what: string): Unknown {
  const pinned = Object.values(book.contracts).some(({ address }) => lower(address) === lower(spender));
  return unknown(pinned ? "ALLOWANCE_LEFT" : "SPENDER_NOT_ALLOWED", what);
}

function tryDecode({ data }: EvmCall) {
  try {
    return decodeFunctionData({ abi, data });
  } catch {
    return tryApprove(data);
  }
}

function tryApprove(data: EvmCall["data"]) {
  try {
    return decodeFunctionData({ abi: approveAbi, data });
  } catch {
    return undefined;
  }
}
