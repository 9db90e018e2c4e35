import type { Instant } from "../../core/clock.ts";
import { SECOND } from "../../core/clock.ts";
import { fromUnits } from "../../core/decimal.ts";
import { type Address, type Hex, lower, shortHex } from "../../core/hex.ts";
import { bookEntryAt } from "../decode-call.ts";
import type { AssetId, DecodedCall, Unknown } from "../effects.ts";
import { accountAt, assetAt, bareMeaning, unknown } from "../meaning.ts";
import type { CallContext, Meaning } from "../protocol.ts";
import { type MessageStruct, readTypedData, type TypedMessage } from "./read-typed-data.ts";
import type { SignatureName } from "./signature-types.ts";

/** A part of what a signature lets be taken, and by which of the contract's nonces. */
export interface SignedAmount {
  readonly asset: AssetId;
  readonly token: Address;
  readonly units: bigint;
  readonly decimals: number;
  /** As the contract counts it: a number in digits, or 32 bytes. */
  readonly nonce: string;
}

/** What a signature enables once anybody has it. */
export interface SignatureMeaning {
  readonly typed: TypedMessage;
  readonly meaning: Meaning;
  readonly owner: Address;
  /** Who may take it, or is given it. */
  readonly spender: Address;
  readonly amounts: readonly SignedAmount[];
  /** The instant from which it can be used. */
  readonly from: Instant;
}

/** The last instant that a date can hold: what lasts longer lasts for ever. */
const FOREVER = 8_640_000_000_000_000;

/**
 * What typed data lets somebody take, at most, for as long as it is valid. Pure: by its bytes and the book alone. A
 * transfer, and what Permit2 lets its spender pull, is a payment of the full amount; an ERC-2612 permit is an allowance.
 */
export function decodeSignature(context: CallContext, text: string): SignatureMeaning | { readonly problem: Unknown } {
  const typed = readTypedData(text);
  if ("problem" in typed) return typed;
  const { type, domain } = typed;
  const at = domain.verifyingContract;
  const entry = bookEntryAt(context, at);
  const kinds = type.standard === "permit2" ? ["permit2"] : ["erc20", "weth9", "erc4626"];
  if (!entry || !kinds.includes(entry.kind)) {
    const wanted = type.standard === "permit2" ? "a contract of kind permit2" : "a token";
    return { problem: unknown("SIGNATURE_DOMAIN", `${at} is not ${wanted} of the mandate's book`) };
  }
  const owner = lower(context.accounts[context.from] ?? "0x");
  const read = READERS[type.name](typed.message, at);
  const found: Unknown[] = [];
  const amounts = read.amounts.flatMap(({ token, units, nonce }): readonly SignedAmount[] => {
    const asset = assetAt(context.chain, context.book, token);
    if (!asset) found.push(unknown("TOKEN_NOT_ALLOWED", `${shortHex(token)} is no token of the mandate's book`));
    return asset ? [{ asset: asset.id, token, units, decimals: asset.decimals, nonce: String(nonce) }] : [];
  });
  const named = read.owner ?? owner;
  if (named !== owner) found.push(unknown("SIGNATURE_OWNER", `it is of ${named}, and ${owner} would sign it`));
  if (accountAt(context.accounts, read.spender) !== undefined) {
    found.push(unknown("MALFORMED_SIGNATURE", "it gives an own account what is its own"));
  }
  if (amounts.some(({ units }) => units === 0n)) found.push(unknown("MALFORMED_SIGNATURE", "it gives nothing"));
  if (new Set(amounts.map(({ token }) => token)).size < amounts.length) {
    found.push(unknown("MALFORMED_SIGNATURE", "it names a token twice"));
  }
  const [deadline = 0n] = [...read.ends].sort((a, b) => (a > b ? -1 : 1));
  const flows = amounts.map(({ asset, units, decimals }) => ({
    account: context.from,
    asset,
    amount: fromUnits(units, decimals),
  }));
  const bare = bareMeaning(
    context,
    { to: at, data: "0x", value: 0n },
    {
      contract: entry.label,
      kind: entry.kind,
      name: type.name,
      args: {
        ...Object.fromEntries(flows.map(({ asset, amount }) => [asset, amount.toFixed()])),
        [type.standard === "eip3009" ? "to" : "spender"]: read.spender,
        nonce: amounts.map(({ nonce }) => nonce).join(","),
        deadline: deadline.toString(),
      },
    },
  );
  const call: DecodedCall = { ...bare.call, signs: type.hash };
  const allows = type.standard === "erc2612";
  return {
    typed,
    owner,
    spender: read.spender,
    amounts,
    from: instantOf(read.begins),
    meaning: {
      ...bare,
      call,
      gives: allows ? [] : flows,
      pays: allows ? [] : flows.map(({ asset, amount }) => ({ to: read.spender, asset, amount })),
      approves: allows ? flows.map(({ asset, amount }) => ({ owner: context.from, asset, spender: read.spender, amount })) : [],
      deadline: instantOf(deadline),
      timeSensitive: true,
      unknown: found,
    },
  };
}

interface Read {
  /** Absent: whoever signs it. */
  readonly owner?: Address;
  readonly spender: Address;
  readonly amounts: readonly { readonly token: Address; readonly units: bigint; readonly nonce: bigint | Hex }[];
  /** Seconds from which it is valid. */
  readonly begins: bigint;
  /** Seconds at which the signature, and what it leaves allowed, are over. */
  readonly ends: readonly bigint[];
}

const READERS: Readonly<Record<SignatureName, (message: MessageStruct, at: Address) => Read>> = {
  Permit: (message, at) => ({
    owner: message.owner as Address,
    spender: message.spender as Address,
    amounts: [{ token: at, units: message.value as bigint, nonce: message.nonce as bigint }],
    begins: 0n,
    ends: [message.deadline as bigint],
  }),
  TransferWithAuthorization: authorization,
  ReceiveWithAuthorization: authorization,
  PermitSingle: (message) => allowanceTransfer(message, [message.details as MessageStruct]),
  PermitBatch: (message) => allowanceTransfer(message, message.details as readonly MessageStruct[]),
  PermitTransferFrom: (message) => signatureTransfer(message, [message.permitted as MessageStruct]),
  PermitBatchTransferFrom: (message) => signatureTransfer(message, message.permitted as readonly MessageStruct[]),
};

function authorization(message: MessageStruct, at: Address): Read {
  return {
    owner: message.from as Address,
    spender: message.to as Address,
    amounts: [{ token: at, units: message.value as bigint, nonce: message.nonce as Hex }],
    begins: message.validAfter as bigint,
    ends: [message.validBefore as bigint],
  };
}

function allowanceTransfer(message: MessageStruct, details: readonly MessageStruct[]): Read {
  return {
    spender: message.spender as Address,
    amounts: details.map(({ token, amount, nonce }) => ({
      token: token as Address,
      units: amount as bigint,
      nonce: nonce as bigint,
    })),
    begins: 0n,
    ends: [message.sigDeadline as bigint, ...details.map(({ expiration }) => expiration as bigint)],
  };
}

function signatureTransfer(message: MessageStruct, permitted: readonly MessageStruct[]): Read {
  return {
    spender: message.spender as Address,
    amounts: permitted.map(({ token, amount }) => ({
      token: token as Address,
      units: amount as bigint,
      nonce: message.nonce as bigint,
    })),
    begins: 0n,
    ends: [message.deadline as bigint],
  };
}

function instantOf(seconds: bigint): Instant {
  const at = seconds * BigInt(SECOND);
  return at > BigInt(FOREVER) ? FOREVER : Number(at);
}
