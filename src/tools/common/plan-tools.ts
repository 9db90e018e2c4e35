import { z } from "zod";
import { isoTime } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import { toolAllowed } from "../../mandate/tool-allowed.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import type { BundleOwner } from "../bundles.ts";
import { worseThanShown } from "../hold-to-shown.ts";
import { perform, previewIntent, pricesOf, refused } from "../perform.ts";
import { changesLine, renderVerdict } from "../render-verdict.ts";
import { dryRun, executed, figure } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { ToolError } from "../tool-error.ts";
import type { VenueWords } from "../venue-words.ts";

const intent_type = z
  .string()
  .min(1)
  .max(60)
  .describe("the intent's kind, for example SWAP, LP_OPEN, VAULT_DEPOSIT; docs/intents.md has all");
const params = z.record(z.string(), z.unknown()).describe("the intent's other keys");
const bundle_id = z.string().regex(/^[0-9a-f]{32}$/, "a bundle's id is 32 hexadecimal digits");

/** Compile, simulate, validate, estimate, execute: the same for every venue. */
export function planTools<I extends Intent, S extends Observation>(words: VenueWords<I, S>): readonly Tool<I, S>[] {
  const assess = async (intent: I, context: ToolContext<I, S>) => {
    const seen = await context.venue.observe();
    const verdict = await previewIntent(intent, seen, context);
    return { verdict, shown: renderVerdict(verdict, pricesOf(seen)), said: words.describe(intent) };
  };

  /** A bundle is no way around allowed_tools: what a tool of its own does is done by none that is not allowed. */
  const checkAllowed = (intent: I, { mandate }: ToolContext<I, S>) => {
    const own = words.toolOf(intent);
    if (own === null || toolAllowed(mandate.terms.limits, own)) return;
    throw new ToolError("tool_not_allowed", `${words.describe(intent)}: allowed_tools does not name ${own}`, {
      remedy: "Choose something that the mandate allows.",
    });
  };

  const compile = defineTool<typeof wanted, z.ZodType, I, S>({
    name: "compile_intent",
    title: "Compile an intent",
    description:
      "Turn an intent into the bytes that say it, and keep it as a bundle that execute_compiled_bundle can execute once, within four minutes. Nothing is signed. A bundle is made only of what the mandate would allow now.",
    category: "planning",
    input: wanted,
    output: z.strictObject({ bundle_id: z.string(), expires: z.string(), says: z.string(), calls: z.array(z.string()) }),
    annotations: { idempotentHint: false },
    async run(args, context) {
      const intent = words.intentOf(args.intent_type, args.params, context);
      checkAllowed(intent, context);
      const { verdict, shown, said } = await assess(intent, context);
      if (verdict.kind === "deny") return refused("compile_intent", shown, said);
      const bundle = context.bundles.keep(intent, verdict.effects, await context.clock.now());
      return {
        data: { bundle_id: bundle.id, expires: isoTime(bundle.expires), says: said, calls: [...shown.effects.calls] },
        verdict: shown,
        explanation: `${said}: compiled (${changesLine(shown.effects)})`,
      };
    },
  });

  const simulate = defineTool<typeof either, z.ZodType, I, S>({
    name: "simulate_intent",
    title: "Simulate an intent",
    description:
      "What an intent or a compiled bundle would change, on the chain as it is, and what the mandate says of it. Nothing is signed.",
    category: "planning",
    input: either,
    output: z.strictObject({ says: z.string() }),
    async run(args, context) {
      const intent = await intentIn(args, words, context);
      const { verdict, shown, said } = await assess(intent, context);
      if (verdict.kind !== "allow") return refused("simulate_intent", shown, said);
      return {
        status: "simulated",
        data: { says: said },
        verdict: shown,
        explanation: `${said}: would pass (${changesLine(shown.effects)})`,
      };
    },
  });

  const validate = defineTool<typeof wanted, z.ZodType, I, S>({
    name: "validate_risk",
    title: "Check an intent against the limits",
    description:
      "Every reason why the mandate would refuse an intent now, and every limit that it would bring to four fifths or more. Nothing is signed.",
    category: "planning",
    input: wanted,
    output: z.strictObject({
      valid: z.boolean(),
      needs_approval: z.boolean(),
      violations: z.array(z.string()),
      warnings: z.array(z.string()),
      risk_summary: z.string(),
    }),
    async run(args, context) {
      const intent = words.intentOf(args.intent_type, args.params, context);
      const { shown, said } = await assess(intent, context);
      const warnings = shown.limits_left.flatMap(({ budget, unit, limit, left }) =>
        limit !== "unlimited" && left !== "unlimited" && decimal(left).times(5).lte(decimal(limit)) && !decimal(limit).isZero()
          ? [`${budget}: ${left} ${unit} of ${limit} would be left`]
          : [],
      );
      const violations = shown.violations.map(({ code, message }) => `${code}: ${message}`);
      const more = shown.largest ? [shown.largest.message] : [];
      const summary =
        shown.kind === "allow" ? "would pass" : shown.kind === "ask" ? "the operator would have to grant it" : "would be refused";
      return {
        data: {
          valid: shown.kind === "allow",
          needs_approval: shown.kind === "ask",
          violations,
          warnings,
          risk_summary: `${said}: ${summary}`,
        },
        verdict: shown,
        hints: warnings,
        explanation: `${said}: ${summary}${violations.length > 0 ? ` (${[...violations, ...more].join("; ")})` : ""}`,
      };
    },
  });

  const estimate = defineTool<typeof wanted, z.ZodType, I, S>({
    name: "estimate_gas",
    title: "Estimate gas",
    description:
      "The gas that an intent's transactions can burn at most, from a simulation of their real bytes, in the native coin and in USD.",
    category: "planning",
    input: wanted,
    output: z.strictObject({
      gas: z.array(z.strictObject({ asset: z.string(), units: figure, most: figure, most_usd: figure.nullable() })),
    }),
    async run(args, context) {
      const intent = words.intentOf(args.intent_type, args.params, context);
      const { shown, said } = await assess(intent, context);
      if (shown.effects.gas.length === 0) {
        throw new ToolError(
          "simulation_failed",
          `${said}: its gas cannot be told${shown.violations[0] ? `: ${shown.violations[0].message}` : ""}`,
        );
      }
      const most = shown.effects.gas.map((one) => `${one.most} ${one.asset}`).join(", ");
      return { data: { gas: [...shown.effects.gas] }, explanation: `${said}: at most ${most} for gas` };
    },
  });

  const execute = defineTool<typeof executing, typeof executed, I, S>({
    name: "execute_compiled_bundle",
    title: "Execute a compiled bundle",
    description:
      "Execute a bundle of compile_intent, once. It is simulated again whatever require_simulation says, and refused where it would now give more or get less than what was shown.",
    category: "action",
    input: executing,
    output: executed,
    async run(args, context) {
      const now = await context.clock.now();
      const owner = ownerOf(context);
      const bundle = args.dry_run
        ? context.bundles.peek(args.bundle_id, owner, now)
        : context.bundles.take(args.bundle_id, owner, now);
      const { verdict, shown, said } = await assess(bundle.intent, context);
      if (verdict.kind === "deny") return refused("execute_compiled_bundle", shown, said);
      const worse = worseThanShown(bundle.effects, verdict.effects);
      if (worse !== null) {
        throw new ToolError("bundle_outdated", `${said}: it would now do worse by ${worse} than what was shown`, {
          remedy: "Compile the intent again.",
        });
      }
      return perform("execute_compiled_bundle", bundle.intent, context, { dryRun: args.dry_run, words: said });
    },
  });

  return [compile, simulate, validate, estimate, execute];
}

const wanted = z.strictObject({ intent_type, params });
const either = z
  .strictObject({ bundle_id: bundle_id.optional(), intent_type: intent_type.optional(), params: params.optional() })
  .refine(
    (args) => (args.bundle_id === undefined) !== (args.intent_type === undefined),
    "give a bundle_id, or an intent_type with params",
  );
const executing = z.strictObject({
  bundle_id,
  require_simulation: z.boolean().default(true).describe("kept for those who send it: there is always a simulation"),
  dry_run: dryRun,
});

function ownerOf<I extends Intent, S extends Observation>({ wallet, mandate }: ToolContext<I, S>): BundleOwner {
  return { wallet, network: mandate.terms.network, agent: mandate.terms.id };
}

async function intentIn<I extends Intent, S extends Observation>(
  args: z.output<typeof either>,
  words: VenueWords<I, S>,
  context: ToolContext<I, S>,
): Promise<I> {
  if (args.bundle_id !== undefined)
    return context.bundles.peek(args.bundle_id, ownerOf(context), await context.clock.now()).intent;
  return words.intentOf(args.intent_type ?? "", args.params ?? {}, context);
}
