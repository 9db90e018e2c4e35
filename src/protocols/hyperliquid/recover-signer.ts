import { recoverTypedDataAddress } from "viem/utils";
import { z } from "zod";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import type { TypedData } from "./typed-data.ts";

const word = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((text) => `0x${text.slice(2).padStart(64, "0")}` as Hex);

/** A signature as it goes over the wire. Some libraries leave leading zeros out. */
export const wireSignature = z.strictObject({ r: word, s: word, v: z.union([z.literal(27), z.literal(28)]) });
export type WireSignature = z.infer<typeof wireSignature>;

/**
 * Who signed these data, in lower case: some address for almost any signature, since what was signed is not known
 * from the signature. Null where there is none.
 */
export async function recoverSigner(data: TypedData, { r, s, v }: WireSignature): Promise<Address | null> {
  try {
    return lower(
      await recoverTypedDataAddress({
        domain: data.domain,
        types: data.types,
        primaryType: data.primaryType,
        message: { ...data.message },
        signature: { r, s, yParity: v - 27 },
      }),
    );
  } catch {
    // Numbers that are on no point of the curve belong to nobody.
    return null;
  }
}
