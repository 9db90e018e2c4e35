import { z } from "zod";
import { refuse, strict } from "./scalars.ts";
import type { CallCondition } from "./terms.ts";

const INTEGER = /^(?:0|-?[1-9]\d{0,77})$/;
const EXPECTED = "what an argument must be: 500, own, [500, 3000] or { min: 1, max: 1000 }";
const LONGEST = 2_000;

const text = z.string({ error: EXPECTED }).superRefine((value, ctx) => {
  if (value.length > LONGEST)
    refuse(ctx, { code: "BAD_VALUE", message: "too long for an argument", remedy: `Write ${EXPECTED}.` });
});
const integer = z.string({ error: "a whole number" }).superRefine((value, ctx) => {
  if (INTEGER.test(value)) return;
  const message = `${JSON.stringify(value.slice(0, 40))} is no whole number`;
  refuse(ctx, { code: "NOT_A_DECIMAL", message, remedy: "Write the raw integer, in base units, as the ABI has it." });
});
const range = strict("{ min, max }", { min: integer.optional(), max: integer.optional() });

const condition = z.union([text, z.array(text), range], { error: EXPECTED }).transform((written): CallCondition => {
  if (typeof written === "string") return written === "own" ? { own: true } : { one_of: [written.toLowerCase()] };
  if ("length" in written) return { one_of: written.map((value) => value.toLowerCase()) };
  const { min, max } = written;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
});

const byName = <T extends z.core.SomeType>(what: string, item: T) => z.record(z.string().min(1).max(200), item, { error: what });

/** `allowed_calls` as users write it. What it names is held against the book by {@link checkCalls}. */
export const callRules = byName(
  "conditions by contract: { router: { exactInputSingle: { params.fee: 500 } } }",
  byName("conditions by function: { exactInputSingle: { params.fee: 500 } }", byName(`by argument, ${EXPECTED}`, condition)),
);
