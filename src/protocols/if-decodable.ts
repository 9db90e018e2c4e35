/**
 * What `decode` makes of bytes from outside. Undefined: they are not written as it reads them. Whatever else it throws is no
 * word about the bytes, and goes on.
 */
export function ifDecodable<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isOfViem(error)) return undefined;
    throw error;
  }
}

/** Whether viem's decoders threw it: an error by its form, since their class comes with the whole of viem alone. */
function isOfViem(error: unknown): boolean {
  return error instanceof Error && "shortMessage" in error && "metaMessages" in error && "walk" in error;
}
