import { RpcError } from "./json-rpc.ts";

const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;
/** What is beyond has no instant. */
const LAST_SECOND = 8_640_000_000_000;

/**
 * A number as nodes write it: "0x" and hexadecimal digits. JavaScript reads more than that as one, an empty text among it,
 * and what a node garbled must not pass for a balance of nothing.
 *
 * @param what - the method that was asked, and the field where there are several.
 * @throws {RpcError} it is none.
 */
export function quantity(what: string, told: unknown): bigint {
  if (typeof told === "string" && QUANTITY.test(told)) return BigInt(told);
  throw new RpcError(what, new Error(`${JSON.stringify(told)?.slice(0, 80)} is no number of a node's`));
}

/** A number of blocks, transactions or units of gas. @throws {RpcError} it is none, or no node can have counted so far. */
export function count(what: string, told: unknown): number {
  return below(what, quantity(what, told), Number.MAX_SAFE_INTEGER);
}

/** Seconds since 1970. @throws {RpcError} it is no number, or no instant. */
export function seconds(what: string, told: unknown): number {
  return below(what, quantity(what, told), LAST_SECOND);
}

function below(what: string, value: bigint, most: number): number {
  if (value <= BigInt(most)) return Number(value);
  throw new RpcError(what, new Error(`${value} is beyond what there can be`));
}
