import { BaseError } from "viem";

/**
 * What `decode` makes of bytes from outside. Undefined: they are not written as it reads them. Whatever else it throws is no
 * word about the bytes, and goes on.
 */
export function ifDecodable<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof BaseError) return undefined;
    throw error;
  }
}
