import { keccak256, toBytes } from "viem/utils";
import { type Hex, lower } from "../../core/hex.ts";

/** A struct's members in order, as EIP-712 has them. The order is part of the type's hash. */
export type StructType = readonly { readonly name: string; readonly type: string }[];
export type StructTypes = Readonly<Record<string, StructType>>;

/** Messages whose meaning is known, by the name of their primary type. */
export type SignatureName = (typeof SIGNATURE_NAMES)[number];

export const SIGNATURE_NAMES = [
  "Permit",
  "TransferWithAuthorization",
  "ReceiveWithAuthorization",
  "PermitSingle",
  "PermitBatch",
  "PermitTransferFrom",
  "PermitBatchTransferFrom",
] as const;

export interface SignatureType {
  readonly name: SignatureName;
  /** The standard that it is of, in a word. */
  readonly standard: "erc2612" | "eip3009" | "permit2";
  /** The primary type and every struct in it. */
  readonly types: StructTypes;
  /** keccak-256 of the encoded type: what a contract means by it. */
  readonly hash: Hex;
}

const AUTHORIZATION = members("address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce");
const DETAILS = { PermitDetails: members("address token,uint160 amount,uint48 expiration,uint48 nonce") };
const PERMISSIONS = { TokenPermissions: members("address token,uint256 amount") };

/** Every message that can be signed at all, where a mandate lists it. */
export const SIGNATURE_TYPES: readonly SignatureType[] = [
  signatureType("Permit", "erc2612", {
    Permit: members("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"),
  }),
  signatureType("TransferWithAuthorization", "eip3009", { TransferWithAuthorization: AUTHORIZATION }),
  signatureType("ReceiveWithAuthorization", "eip3009", { ReceiveWithAuthorization: AUTHORIZATION }),
  signatureType("PermitSingle", "permit2", {
    PermitSingle: members("PermitDetails details,address spender,uint256 sigDeadline"),
    ...DETAILS,
  }),
  signatureType("PermitBatch", "permit2", {
    PermitBatch: members("PermitDetails[] details,address spender,uint256 sigDeadline"),
    ...DETAILS,
  }),
  signatureType("PermitTransferFrom", "permit2", {
    PermitTransferFrom: members("TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline"),
    ...PERMISSIONS,
  }),
  signatureType("PermitBatchTransferFrom", "permit2", {
    PermitBatchTransferFrom: members("TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline"),
    ...PERMISSIONS,
  }),
];

/** Most messages of a wallet that may be live at one time on a chain: each is looked up again and again. */
export const MOST_LIVE_SIGNATURES = 16;

/** The type that a mandate lists by its name or by its hash. */
export function signatureTypeOf(listed: string): SignatureType | undefined {
  return SIGNATURE_TYPES.find(({ name, hash }) => name === listed || hash === lower(listed as Hex));
}

/**
 * keccak-256 of a type as EIP-712 encodes it: the primary type, then every struct that it names, in the order of their
 * names. Null: a struct is missing or names itself.
 */
export function typeHash(primaryType: string, types: StructTypes): Hex | null {
  const named = new Set<string>();
  const visit = (name: string): boolean => {
    if (named.has(name)) return false;
    const struct = Object.hasOwn(types, name) ? types[name] : undefined;
    if (struct === undefined) return false;
    named.add(name);
    return struct.every(({ type }) => {
      const inner = type.replace(/(\[\d*\])+$/, "");
      return /^[a-z]/.test(inner) || named.has(inner) || visit(inner);
    });
  };
  if (!visit(primaryType)) return null;
  const [, ...rest] = named;
  const encoded = [primaryType, ...rest.sort()].map(
    (name) => `${name}(${(types[name] ?? []).map((member) => `${member.type} ${member.name}`).join(",")})`,
  );
  return keccak256(toBytes(encoded.join("")));
}

function members(text: string): StructType {
  return text.split(",").map((member) => {
    const [type = "", name = ""] = member.split(" ");
    return { name, type };
  });
}

function signatureType(name: SignatureName, standard: SignatureType["standard"], types: StructTypes): SignatureType {
  return { name, standard, types, hash: typeHash(name, types) ?? "0x" };
}
