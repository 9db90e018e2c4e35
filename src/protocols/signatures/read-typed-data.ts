import { concat, hashStruct, keccak256 } from "viem/utils";
import { z } from "zod";
import { type Address, type Hex, isAddress, lower } from "../../core/hex.ts";
import type { Unknown } from "../effects.ts";
import { unknown } from "../meaning.ts";
import { SIGNATURE_TYPES, type SignatureType, type StructTypes, typeHash } from "./signature-types.ts";

/** Typed data of a known type, made anew from what was read: exactly this is signed, whatever the text was. */
export interface TypedMessage {
  readonly type: SignatureType;
  readonly domain: {
    readonly name?: string;
    readonly version?: string;
    readonly chainId: number;
    readonly verifyingContract: Address;
  };
  readonly message: MessageStruct;
  /** keccak-256 of the domain: what the contract must say of itself. */
  readonly separator: Hex;
  /** keccak-256 of all of it: what is signed. */
  readonly digest: Hex;
}

/** A value as it is encoded: whole numbers, and addresses and bytes in lower case. */
export type MessageValue = bigint | Hex | MessageStruct | readonly MessageStruct[];
export interface MessageStruct {
  readonly [member: string]: MessageValue;
}

const struct = z.array(z.strictObject({ name: z.string().max(60), type: z.string().max(60) })).max(20);
const written = z.strictObject({
  types: z.record(z.string().max(60), struct),
  primaryType: z.string().max(60),
  domain: z.strictObject({
    name: z.string().max(200).exactOptional(),
    version: z.string().max(60).exactOptional(),
    chainId: z.union([z.number(), z.string().max(80)]),
    verifyingContract: z.custom<Address>(isAddress, "not an address"),
  }),
  message: z.record(z.string(), z.unknown()),
});

const DOMAIN: StructTypes = {
  EIP712Domain: [
    { name: "name", type: "string" },
    { name: "version", type: "string" },
    { name: "chainId", type: "uint256" },
    { name: "verifyingContract", type: "address" },
  ],
};
/** Most tokens in one batch. */
const MOST_ITEMS = 8;

/**
 * Typed data as wallets are sent it (`eth_signTypedData_v4`), of a type that is known. The type's hash is computed from the
 * types that are given, and compared; members that the type does not have, and values that do not fit, are refused.
 */
export function readTypedData(text: string): TypedMessage | { readonly problem: Unknown } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused("SIGNING_NOT_ALLOWED", "only typed data (EIP-712) is signed; texts, hashes and authorisations never are");
  }
  if (typeof json !== "object" || json === null || !("primaryType" in json)) {
    return refused("SIGNING_NOT_ALLOWED", "only typed data (EIP-712) is signed; texts, hashes and authorisations never are");
  }
  const primary = String(json.primaryType).slice(0, 60);
  const read = written.safeParse(json);
  if (!read.success) {
    const typed = read.error.issues.every(({ path }) => path[0] !== "types" && path[0] !== "primaryType");
    const known = typed && SIGNATURE_TYPES.some(({ name }) => name === primary);
    const why = z.prettifyError(read.error).replace(/\s+/g, " ").slice(0, 200);
    return known ? malformed(why) : refused("SIGNING_NOT_ALLOWED", `${primary} is no message whose meaning is known`);
  }
  const { types: given, primaryType, domain } = read.data;
  const { EIP712Domain, ...types } = given;
  const hash = typeHash(primaryType, types);
  const type = SIGNATURE_TYPES.find((one) => one.name === primaryType && one.hash === hash);
  if (!type) return refused("SIGNING_NOT_ALLOWED", `${primaryType} of these members is no message whose meaning is known`);
  if (Object.keys(types).length !== Object.keys(type.types).length) return malformed("types name structs that are not used");
  const separatorType = (DOMAIN.EIP712Domain ?? []).filter(({ name }) => name in domain);
  if (EIP712Domain !== undefined && JSON.stringify(EIP712Domain) !== JSON.stringify(separatorType)) {
    return malformed("EIP712Domain is not that of the domain");
  }
  const chainId = wholeNumber(domain.chainId, 53);
  if (chainId === null) return malformed("domain.chainId is no number");
  const message = readStruct(type.name, type.types, read.data.message);
  if (typeof message === "string") return malformed(message);
  const clean = { ...domain, chainId: Number(chainId), verifyingContract: lower(domain.verifyingContract) };
  const separator = hashStruct({ data: { ...clean }, primaryType: "EIP712Domain", types: { EIP712Domain: [...separatorType] } });
  const content = hashStruct({ data: { ...message }, primaryType: type.name, types: viemTypes(type) });
  const digest = keccak256(concat(["0x1901", separator, content]));
  return { type, domain: clean, message, separator, digest };
}

/** A type in the form that viem takes. */
function viemTypes({ types }: SignatureType): Record<string, { name: string; type: string }[]> {
  return Object.fromEntries(Object.entries(types).map(([name, all]) => [name, all.map((member) => ({ ...member }))]));
}

/** The struct, or what is wrong with it. */
function readStruct(name: string, types: StructTypes, value: unknown): MessageStruct | string {
  const all = types[name] ?? [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${name} is no object`;
  const stray = Object.keys(value).find((key) => !all.some((member) => member.name === key));
  if (stray !== undefined) return `${name} has no member ${stray.slice(0, 60)}`;
  const made: Record<string, MessageValue> = {};
  for (const { name: key, type } of all) {
    const found = Object.hasOwn(value, key) ? readValue(type, types, (value as Record<string, unknown>)[key]) : null;
    if (found === null) return `${name}.${key} is no ${type}`;
    if (typeof found === "string" && !found.startsWith("0x")) return found;
    made[key] = found as MessageValue;
  }
  return made;
}

function readValue(type: string, types: StructTypes, value: unknown): MessageValue | string | null {
  if (type === "address") return isAddress(value) ? lower(value) : null;
  if (type === "bytes32") return typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value) ? lower(value as Hex) : null;
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  if (bits !== undefined) return wholeNumber(value, Number(bits));
  if (!type.endsWith("[]")) return readStruct(type, types, value);
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_ITEMS) return null;
  const items = value.map((item) => readStruct(type.slice(0, -2), types, item));
  const wrong = items.find((item) => typeof item === "string");
  return typeof wrong === "string" ? wrong : items.flatMap((item) => (typeof item === "string" ? [] : [item]));
}

/** A whole number as JSON has it: a number that is exact, digits, or hexadecimal. Null: it is none, or has more bits. */
function wholeNumber(value: unknown, bits: number): bigint | null {
  const exact = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  if (!exact && !(typeof value === "string" && /^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/.test(value))) return null;
  const read = BigInt(value as number | string);
  return read < 1n << BigInt(bits) ? read : null;
}

function refused(code: Unknown["code"], what: string): { readonly problem: Unknown } {
  return { problem: unknown(code, what) };
}

function malformed(why: string): { readonly problem: Unknown } {
  return refused("MALFORMED_SIGNATURE", `the typed data cannot be read as what it says it is: ${why}`);
}
