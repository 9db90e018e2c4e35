import { slice } from "viem/utils";
import type { Hex } from "../../core/hex.ts";

/** A signature's 65 bytes as the exchange takes them; `v` is 27 or 28. */
export function signatureParts(signature: Hex): { readonly r: Hex; readonly s: Hex; readonly v: number } {
  const parity = Number(slice(signature, 64, 65));
  return { r: slice(signature, 0, 32), s: slice(signature, 32, 64), v: parity < 27 ? parity + 27 : parity };
}
