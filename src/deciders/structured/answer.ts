import { z } from "zod";
import { type Json, toJson } from "../../core/json.ts";
import type { IntentForm } from "../../venues/vocabulary.ts";

/** A model's answer in one form, whichever it was written in. Items are read one by one, each on its own. */
export interface ModelAnswer {
  readonly decision: "hold" | "targets" | "intents";
  readonly why: string;
  /** The strategy that the answer follows, by id. */
  readonly selected_strategy: string | null;
  /** The model's own word that it could not decide. */
  readonly error: string | null;
  readonly targets: readonly unknown[] | null;
  readonly intents: readonly unknown[] | null;
}

export interface AnswerOptions {
  readonly intents: readonly IntentForm[];
  /** Ids of the strategies that an answer may follow. Empty: the question is not asked. */
  readonly strategies: readonly string[];
}

/**
 * The type of an answer. Providers are shown the items' exact shape; when reading, other spellings are understood:
 * `target_allocation` by name, `actions`, `{ "error": true, "reason" }`; and what is not asked for is passed over.
 */
export function answerType(options: AnswerOptions): z.ZodType<ModelAnswer> {
  return z
    .unknown()
    .meta(answerForm(options))
    .transform((value, ctx): ModelAnswer => {
      const read = readForm(value);
      if (typeof read !== "string") return read;
      ctx.addIssue({ code: "custom", message: read });
      return z.NEVER;
    });
}

/** What providers are shown: every key required, no other allowed. */
export function answerForm({ intents, strategies }: AnswerOptions): { readonly [key: string]: Json } {
  const target = closed({
    account: { type: "string" },
    asset: { type: "string" },
    weight: {
      type: "string",
      description: 'share of portfolio value as a plain decimal: "0.25" is a quarter; shorts are negative',
    },
  });
  const action = intents.length === 0 ? { type: "object" } : { anyOf: intents.map(({ form }) => form) };
  const list = (items: Json): Json => ({ anyOf: [{ type: "array", items }, { type: "null" }] });
  return closed({
    decision: { type: "string", enum: intents.length === 0 ? ["hold", "targets"] : ["hold", "targets", "intents"] },
    why: { type: "string" },
    ...(strategies.length === 0
      ? {}
      : { selected_strategy: { anyOf: [{ type: "string", enum: [...strategies] }, { type: "null" }] } }),
    targets: list(target),
    ...(intents.length === 0 ? {} : { intents: list(toJson(action)) }),
  });
}

function closed(properties: { readonly [key: string]: Json }): { readonly [key: string]: Json } {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

/** The answer, or what is wrong with it in words that its model can act on. */
function readForm(value: unknown): ModelAnswer | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "the answer is no JSON object";
  const said = value as Readonly<Record<string, unknown>>;
  const why = [said.why, said.reason, said.reasoning].find((text) => text !== undefined && text !== null) ?? "";
  if (typeof why !== "string") return "why is no text";
  const strategy = said.selected_strategy ?? null;
  if (strategy !== null && typeof strategy !== "string") return "selected_strategy is no text";
  const error = errorOf(said.error, why);
  const base = { why, selected_strategy: strategy === "" ? null : strategy, error, targets: null, intents: null };
  if (error !== null) return { ...base, decision: "hold" };
  const targets = listOf(said.targets ?? said.target_allocation ?? null, asTargets);
  if (targets === undefined) return "targets is no list";
  const intents = listOf(said.intents ?? said.actions ?? null, () => undefined);
  if (intents === undefined) return said.intents === undefined ? "actions is no list" : "intents is no list";
  const items = { ...base, targets, intents };
  const given = said.decision;
  if (given === "hold" || given === "targets" || given === "intents") return { ...items, decision: given };
  if (given !== undefined && given !== null) return "decision is none of hold, targets, intents";
  if (targets === null && intents === null) return "the answer has no decision, no targets and no intents";
  if ((targets?.length ?? 0) > 0) return { ...items, decision: "targets" };
  return { ...items, decision: (intents?.length ?? 0) > 0 ? "intents" : "hold" };
}

/** `true`, or a text that says something. The text "false" is how some models write false. */
function errorOf(error: unknown, why: string): string | null {
  if (error === true) return why.trim() === "" ? "the model gave no reason" : why;
  if (typeof error !== "string" || /^(|false|no|none|null)$/i.test(error.trim())) return null;
  return error.trim().toLowerCase() === "true" ? why || "the model gave no reason" : error;
}

function listOf(value: unknown, otherwise: (map: Readonly<Record<string, unknown>>) => readonly unknown[] | undefined) {
  if (value === null || Array.isArray(value)) return value;
  return typeof value === "object" ? otherwise(value as Readonly<Record<string, unknown>>) : undefined;
}

/** `{ "BTC:perp": -0.4 }` as a list. */
function asTargets(map: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  if (Object.hasOwn(map, "written_twice")) return undefined;
  return Object.entries(map).map(([asset, weight]) => ({ asset, weight }));
}
