import { z } from "zod";
import { MandateError } from "../core/errors.ts";
import { parseAnswer } from "./parse-answer.ts";

export type ReadAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** The typed answer in a model's text, or why there is none, in words that the model can act on. */
export function readAnswer<T>(schema: z.ZodType<T>, text: string): ReadAnswer<T> {
  const parsed = parseAnswer(text);
  if (!parsed.ok) return parsed;
  try {
    const result = schema.safeParse(parsed.value);
    return result.success ? { ok: true, value: result.data } : { ok: false, reason: z.prettifyError(result.error) };
  } catch (error) {
    // A schema's transform may use a reader of ours that throws, such as `decimal`.
    if (error instanceof MandateError) return { ok: false, reason: error.message };
    throw error;
  }
}
