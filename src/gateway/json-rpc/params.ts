import { z } from "zod";
import { type Address, type Hex, isAddress, lower } from "../../core/hex.ts";
import { invalidParams } from "./json-rpc-error.ts";

/** Longest call data in bytes. */
const MOST_DATA = 64 * 1024;

/** A number as JSON-RPC writes it, "0x1f": what it says, as a bigint. At most 256 bits. */
export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, "not a quantity in hex")
  .transform((text) => BigInt(text));
export const address = z.custom<Address>(isAddress, "not an address").transform(lower);
export const word = z
  .custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value), "not 32 bytes in hex")
  .transform(lower);
export const bytes = z
  .custom<Hex>(
    (value) => typeof value === "string" && value.length <= 2 + 2 * MOST_DATA && /^0x([0-9a-fA-F]{2})*$/.test(value),
    `not bytes in hex, at most ${MOST_DATA}`,
  )
  .transform(lower);

export const blockTag = z.enum(["latest", "pending", "safe", "finalized", "earliest"]);
/** A tag, a number, or a hash as EIP-1898 writes it. Re-encoded, as it goes to the chain. */
export const block = z.union([
  blockTag,
  quantity.transform(asQuantity),
  z.strictObject({ blockHash: word, requireCanonical: z.boolean().exactOptional() }),
  z.strictObject({ blockNumber: quantity.transform(asQuantity) }).transform(({ blockNumber }) => blockNumber),
]);

/** A number in the one form that nodes write. */
export function asQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

const fees = {
  gas: quantity.exactOptional(),
  gasPrice: quantity.exactOptional(),
  maxFeePerGas: quantity.exactOptional(),
  maxPriorityFeePerGas: quantity.exactOptional(),
  nonce: quantity.exactOptional(),
};

/**
 * A transaction as clients write one. Fees, gas and nonce are read and left aside: the gateway sets its own. What would
 * make it another kind of transaction (authorisations, blobs) is no key of it.
 */
export const transaction = z
  .strictObject({
    ...fees,
    from: address.exactOptional(),
    to: z.union([address, z.null()]).exactOptional(),
    data: bytes.exactOptional(),
    input: bytes.exactOptional(),
    value: quantity.exactOptional(),
    chainId: quantity.exactOptional(),
    type: z.enum(["0x0", "0x2"], "only types 0x0 and 0x2 are sent").exactOptional(),
    accessList: z.array(z.unknown()).max(0, "access lists are not sent").exactOptional(),
  })
  .refine(({ data, input }) => data === undefined || input === undefined || data === input, "data and input differ");
export type TransactionParams = z.output<typeof transaction>;

/** Typed data, as text or as the object itself: clients do either. Kept as text. */
export const message = z
  .union([z.string(), z.record(z.string(), z.unknown()).transform((data) => JSON.stringify(data))])
  .refine((text) => text.length <= MOST_DATA, `typed data is at most ${MOST_DATA} characters`);

/** The params by a schema. @throws {JsonRpcError} -32602, with where and what. */
export function readParams<T>(schema: z.ZodType<T>, params: readonly unknown[]): T {
  const read = schema.safeParse(params);
  if (read.success) return read.data;
  throw invalidParams(z.prettifyError(read.error).replace(/\s+/g, " ").slice(0, 400));
}
