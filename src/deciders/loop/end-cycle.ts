import { z } from "zod";
import type { ToolOffer } from "../../llm/model-turn.ts";
import { inputSchemaOf } from "../../tools/tool.ts";

/** The one call by which a model ends its cycle. It is the loop's own: no mandate leaves it out. */
export const END_CYCLE = "end_cycle";

const input = z.strictObject({
  why: z.string().min(1).max(2_000).describe("what was done or left, and why: one or two sentences"),
});

export const endCycleOffer: ToolOffer = {
  name: END_CYCLE,
  description: "End the cycle: nothing more is to be done now. Calls beside it or after it are not carried out.",
  parameters: inputSchemaOf({ input }),
};

export function readEndCycle(
  args: unknown,
): { readonly ok: true; readonly why: string } | { readonly ok: false; readonly reason: string } {
  const read = input.safeParse(args);
  return read.success ? { ok: true, why: read.data.why } : { ok: false, reason: z.prettifyError(read.error) };
}
