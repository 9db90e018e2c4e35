import { z } from "zod";
import type { Decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { TargetsMay } from "../planning/targets.ts";
import type { AccountId, AssetId } from "../protocols/effects.ts";

/** One kind of intent as a decider is told of it. */
export interface IntentForm {
  readonly kind: string;
  /** One line: what it does, and in which units. */
  readonly says: string;
  /** JSON Schema of what a model writes: every key required, what may be left out is nullable. */
  readonly form: { readonly [key: string]: Json };
}

/** What an intent does to one holding at most, as far as can be told before it is compiled. */
export interface Exposure {
  readonly account: AccountId;
  readonly asset: AssetId;
  /** Signed change in USD. Null: not known. */
  readonly change_usd: Decimal | null;
}

/** What may be wanted of a venue, for those who decide. */
export interface Vocabulary<I = unknown, S = unknown> {
  readonly intents: readonly IntentForm[];
  /** What target weights may ask for. Left out: a portfolio that is long and paid in full. */
  may?(seen: S): TargetsMay;
  /** What an intent adds to holdings; empty: it only reduces. Null: cannot be told. */
  adds?(intent: I, seen: S): readonly Exposure[] | null;
}

/**
 * The forms of a venue's intents, from the schema that reads them, so that what is offered is what is understood.
 *
 * @param says - a line for each kind. Kinds without one are understood and not offered.
 */
export function intentForms(options: readonly z.core.$ZodType[], says: Readonly<Record<string, string>>): readonly IntentForm[] {
  return options.flatMap((option) => {
    const form = written(z.toJSONSchema(option, { io: "input", unrepresentable: "any" }) as Schema);
    const kind = String(object(object(form.properties).kind).const ?? "");
    const line = Object.hasOwn(says, kind) ? says[kind] : undefined;
    return line === undefined ? [] : [{ kind, says: line, form: form as { readonly [key: string]: Json } }];
  });
}

type Schema = Readonly<Record<string, unknown>>;

/** Maps without fixed keys have no form that providers enforce: they are understood in text and not offered. */
const KEPT = ["type", "const", "enum", "description", "anyOf", "oneOf", "items", "properties", "required"];

function written(schema: Schema): Schema {
  const kept = Object.fromEntries(Object.entries(schema).filter(([key]) => KEPT.includes(key)));
  const either = kept.anyOf ?? kept.oneOf;
  if (Array.isArray(either)) {
    const { oneOf: _, ...rest } = kept;
    return { ...rest, anyOf: either.map((one) => written(object(one))) };
  }
  if (kept.type === "array") return { ...kept, items: written(object(kept.items)) };
  if (kept.type !== "object" || kept.properties === undefined) return kept;
  const required = new Set(Array.isArray(kept.required) ? kept.required : []);
  const properties = Object.entries(object(kept.properties)).flatMap(([key, value]): [string, Schema][] => {
    const inner = object(value);
    if (inner.type === "object" && inner.properties === undefined && !required.has(key)) return [];
    const form = written(inner);
    return [[key, required.has(key) ? form : { anyOf: [form, { type: "null" }] }]];
  });
  return {
    ...kept,
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
    additionalProperties: false,
  };
}

function object(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}
