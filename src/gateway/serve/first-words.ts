import { z } from "zod";
import type { MandateError } from "../../core/errors.ts";
import { canonicalJson } from "../../core/json.ts";
import { GatewayStartError } from "../gateway-start-error.ts";

const schema = z.union([
  z.strictObject({ ready: z.string(), wallet: z.string() }),
  z.strictObject({
    error: z.object({
      code: z.string(),
      message: z.string(),
      remedy: z.string().exactOptional(),
      details: z.record(z.string(), z.unknown()).exactOptional(),
    }),
  }),
]);

/** What a gateway process says first on stdout: where it serves, or why it does not. */
export type FirstWords = z.output<typeof schema>;

export function writeFirstWords(
  words: { readonly ready: string; readonly wallet: string } | { readonly error: MandateError },
): string {
  return `${canonicalJson(words)}\n`;
}

/**
 * @param line - null when it ended without a word.
 * @throws {GatewayStartError} GATEWAY_DIED
 */
export function readFirstWords(line: string | null): FirstWords {
  const read = schema.safeParse(line === null ? null : parsed(line));
  if (read.success) return read.data;
  throw new GatewayStartError("GATEWAY_DIED", "the gateway process ended before it served", {
    remedy: "See its messages above.",
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
