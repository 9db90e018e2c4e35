/** Bytes as "0x" and lower-case hexadecimal digits. */
export type Hex = `0x${string}`;
/** A 20-byte account address, always in lower case inside Mandate (EIP-55 case is for people's eyes only). */
export type Address = `0x${string}`;
/** SHA-256 in lower-case hexadecimal, without "0x". */
export type Hash = string;

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

export function isAddress(value: unknown): value is Address {
  return typeof value === "string" && ADDRESS.test(value);
}

/** The one form in which addresses are compared. */
export function lower<T extends Hex>(value: T): T {
  return value.toLowerCase() as T;
}

/** "0x1234…abcd", for people. */
export function shortHex(value: string): string {
  return value.length <= 14 ? value : `${value.slice(0, 6)}…${value.slice(-4)}`;
}
