import { join } from "node:path";
import { seededRandom } from "../../core/random.ts";
import { reservations } from "../../deciders/call-note.ts";
import type { ModelPort } from "../../llm/model-port.ts";
import { resolveModels } from "../../llm/resolve-models.ts";
import { scriptRule } from "../../llm/scripted/script-rule.ts";
import { startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { ToolResult } from "../../tools/tool-result.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { interrupted } from "../interrupted.ts";
import type { Output } from "../output.ts";
import { chooseModel } from "../run/choose-model.ts";
import { readModelScript } from "../run/read-model-script.ts";
import { type ToolHouse, type ToolHouseOptions, withToolHouse } from "../tools/open-tool-house.ts";
import { version } from "../version.ts";
import { askYesNo } from "./ask-yes-no.ts";
import { interpret, UninterpretedError } from "./interpret.ts";
import { axRule } from "./mock-rule.ts";
import { renderCall, renderResult } from "./render-call.ts";
import { runCall } from "./run-call.ts";

export interface AxOptions extends Omit<ToolHouseOptions, "file" | "signal"> {
  readonly mandate?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly model?: string;
  /** The scripted model; a text is the path of its script. */
  readonly mock?: boolean | string;
}

/** What is wanted: a tool with its arguments, or words. */
export type AxWish =
  | {
      readonly kind: "call";
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      /** The arguments at an exchange, where they are others. */
      readonly onExchange?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "words"; readonly text: string };

/** The mandate that comes with the package: a rehearsal. */
const SHIPPED = join(import.meta.dirname, "..", "..", "..", "mandates", "ax", "MANDATE.md");

/** Does one thing, and prints one document of it. */
export async function runAx(output: Output, wish: AxWish, options: AxOptions): Promise<void> {
  const signal = interrupted();
  await withToolHouse(output, { ...withHome(options), signal }, (house) => doIn(house, output, wish, options, signal));
}

async function doIn<I extends Intent, S extends Observation>(
  house: ToolHouse<I, S>,
  output: Output,
  wish: AxWish,
  options: AxOptions,
  signal: AbortSignal,
): Promise<void> {
  const { dryRun = false, yes = false } = options;
  const { tool, args } = wish.kind === "call" ? callOn(house.mandate, wish) : await understood(house, wish.text, options);
  output.say(renderCall(tool, args));
  const confirm = output.interactive ? (question: string) => askYesNo(question, signal) : null;
  const { preview, confirmed, result } = await runCall(house, output, { tool, args, dryRun, yes, confirm });
  const interpreted = wish.kind === "words" ? { words: wish.text } : {};
  output.document({ ...interpreted, tool, args, preview, confirmed, result }, () =>
    result === null ? "Nothing was done." : renderResult(result).join("\n"),
  );
  process.exitCode = result === null ? EXIT.failed : exitCodeOf(result);
}

function callOn({ terms }: Pick<Mandate, "terms">, { tool, args, onExchange }: Extract<AxWish, { kind: "call" }>) {
  return { tool, args: terms.venue === "hyperliquid" ? (onExchange ?? args) : args };
}

/** The shipped mandate lies in the package: its state is kept where the user works. */
function withHome({ mandate, home, ...options }: AxOptions): ToolHouseOptions {
  if (mandate !== undefined) return { ...options, file: mandate, ...(home === undefined ? {} : { home }) };
  return { ...options, file: SHIPPED, home: home ?? (process.env.MANDATE_HOME || join(process.cwd(), ".mandate")) };
}

async function understood<I extends Intent, S extends Observation>(
  house: ToolHouse<I, S>,
  text: string,
  options: AxOptions,
): Promise<{ readonly tool: string; readonly args: Readonly<Record<string, unknown>> }> {
  const { model, stop } = await modelFor(house, options);
  const { context, desk } = house;
  try {
    const { notes, ...call } = await interpret(text, desk.listed(context), model, reservations()(context.note));
    await context.note(notes);
    return call;
  } catch (error) {
    if (error instanceof UninterpretedError) await context.note(error.notes);
    throw error;
  } finally {
    await stop();
  }
}

async function modelFor<I extends Intent, S extends Observation>(
  { mandate, clock, context }: ToolHouse<I, S>,
  { mock = false, model }: AxOptions,
): Promise<{ readonly model: ModelPort; stop(): Promise<void> }> {
  const { model_spent_today_usd: spent } = await context.gateway.state(context.wallet);
  if (!mock) return { model: await chooseModel(mandate, clock, model, spent), stop: async () => undefined };
  const server = await startScriptedModel({ rule: scriptRule(readModelScript(mock), axRule) });
  const port = await resolveModels({
    plan: mandate.brief.model,
    limit: mandate.terms.limits.max_llm_usd_per_day,
    spent,
    at: server.url,
    env: {},
    clock,
    random: seededRandom("ax"),
    version: version(),
  });
  return { model: port, stop: () => server.stop() };
}

function exitCodeOf({ error }: ToolResult): ExitCode {
  if (error === null) return EXIT.done;
  switch (error.code) {
    case "validation_error":
    case "unknown_tool":
      return EXIT.usage;
    case "approval_required":
      return EXIT.needsApproval;
    case "unresolved":
      return EXIT.mustReconcile;
    case "approval_denied":
      return EXIT.refused;
    default:
      return error.category === "policy_violation" ? EXIT.refused : EXIT.failed;
  }
}
