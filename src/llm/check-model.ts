import { z } from "zod";
import { type Decimal, ZERO } from "../core/decimal.ts";
import { InvariantError } from "../core/errors.ts";
import { costOfCalls } from "./cost-of-calls.ts";
import type { ModelFailure, ModelPort } from "./model-port.ts";
import { type ResolveModelOptions, resolveModel } from "./resolve-model.ts";
import type { Structured } from "./structured-payload.ts";

/** One way of asking for a typed answer. */
export type ModelCheckKind = "typed-answer" | "tool-call" | "json-text";

/** How a model did in one check. */
export interface ModelCheck {
  readonly check: ModelCheckKind;
  readonly ok: boolean;
  /** Why not; or null. */
  readonly code: ModelFailure | "WRONG_ANSWER" | null;
  readonly detail: string;
  /** Requests that it took: more than one where something had to be said again or in another manner. */
  readonly calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: Decimal;
  /** Milliseconds of `stopwatch`. */
  readonly took_ms: number;
}

export interface CheckModelOptions extends Omit<ResolveModelOptions, "structured"> {
  /** Milliseconds from any start: of the machine in a command. */
  readonly stopwatch: () => number;
}

const MANNERS: readonly (readonly [ModelCheckKind, Structured])[] = [
  ["typed-answer", "native"],
  ["tool-call", "tool"],
  ["json-text", "none"],
];

const answer = z.strictObject({
  word: z.string(),
  shares: z.array(z.strictObject({ asset: z.string(), weight: z.string() })),
  nothing: z.null(),
});

const SYSTEM = "You answer with data and nothing else. Numbers are strings in plain decimals.";
const PROMPT =
  'Give word "ready"; shares: asset "A" with weight "0.25" and asset "B" with weight "0.75", in this order; nothing: null.';

/**
 * Asks a model one small question in each manner that a decision may be asked in: as the provider's typed answer, as
 * JSON arguments of a tool call, and as JSON in text.
 *
 * @throws {ModelConfigError} naming the variable and the line to type
 */
export async function checkModel({ stopwatch, ...options }: CheckModelOptions): Promise<{
  readonly model: ModelPort["model"];
  readonly checks: readonly ModelCheck[];
}> {
  const checks: ModelCheck[] = [];
  let model: ModelPort["model"] | undefined;
  for (const [check, structured] of MANNERS) {
    const port = await resolveModel({ ...options, structured });
    model = port.model;
    const started = stopwatch();
    const answered = await port.ask({ system: SYSTEM, prompt: PROMPT, schema: answer, name: "check" });
    const took_ms = Math.round(stopwatch() - started);
    const right = answered.ok && isRight(answered.value);
    const tokens = (part: "input" | "output") => answered.calls.reduce((total, { usage }) => total + (usage?.[part] ?? 0), 0);
    checks.push({
      check,
      ok: right,
      code: answered.ok ? (right ? null : "WRONG_ANSWER") : answered.code,
      detail: answered.ok ? (right ? "" : `it answered ${answered.raw.slice(0, 200)}`) : answered.detail,
      calls: answered.calls.length,
      input_tokens: tokens("input"),
      output_tokens: tokens("output"),
      cost_usd: answered.calls.length === 0 ? ZERO : costOfCalls(answered.calls),
      took_ms,
    });
    if (!answered.ok && ["MODEL_KEY_REFUSED", "MODEL_UNKNOWN", "MODEL_UNREACHABLE"].includes(answered.code)) break;
  }
  if (model === undefined) throw new InvariantError("no check was made");
  return { model, checks };
}

function isRight({ word, shares }: z.output<typeof answer>): boolean {
  return word === "ready" && shares.map(({ asset, weight }) => `${asset} ${weight}`).join() === "A 0.25,B 0.75";
}
