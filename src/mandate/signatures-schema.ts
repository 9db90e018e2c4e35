import { z } from "zod";
import { SIGNATURE_NAMES, type SignatureName, signatureTypeOf } from "../protocols/signatures/signature-types.ts";
import { refuse } from "./scalars.ts";
import { didYouMean } from "./suggest.ts";

/** A message that may be signed, by its name or by its type hash: a hash is kept as the name that it is of. */
export const signatures = z.string({ error: "the name or type hash of a message" }).transform((text, ctx): SignatureName => {
  const type = signatureTypeOf(text);
  if (type) return type.name;
  const message = `${JSON.stringify(text.slice(0, 70))} is no message whose meaning is known`;
  refuse(ctx, { code: "BAD_VALUE", message, remedy: didYouMean(text, SIGNATURE_NAMES, `Known: ${SIGNATURE_NAMES.join(", ")}.`) });
  return z.NEVER;
});
