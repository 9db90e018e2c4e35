import { type Instant, isoTime, MINUTE } from "../core/clock.ts";
import { sha256, toJson } from "../core/json.ts";
import type { Note } from "../gateway/contract.ts";
import { GatewayError } from "../gateway/gateway-error.ts";
import { didYouMean } from "../mandate/suggest.ts";
import { toolAllowed } from "../mandate/tool-allowed.ts";
import type { Intent, Observation } from "../venues/venue.ts";
import { redacted } from "./redact.ts";
import { redactText } from "./redact-text.ts";
import type { Tool } from "./tool.ts";
import type { ToolContext } from "./tool-context.ts";
import { failed, type ToolResult } from "./tool-result.ts";

export interface ToolDeskParameters<I extends Intent, S extends Observation> {
  readonly tools: readonly Tool<I, S>[];
  /** Calls within the last minute that this session's agent made before it. */
  readonly calledAt?: readonly Instant[];
  /** Before each call. */
  readonly before?: () => Promise<void>;
}

/**
 * The one place where tools are called: only those that the mandate allows, no faster than it allows, each call and
 * what it answered on the record.
 */
export class ToolDesk<I extends Intent = Intent, S extends Observation = Observation> {
  readonly #tools: ReadonlyMap<string, Tool<I, S>>;
  readonly #before: () => Promise<void>;
  #called: readonly Instant[];

  constructor({ tools, calledAt = [], before = async () => undefined }: ToolDeskParameters<I, S>) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#called = calledAt;
    this.#before = before;
  }

  /** What a model is offered. */
  listed({ mandate }: Pick<ToolContext<I, S>, "mandate">): readonly Tool<I, S>[] {
    return [...this.#tools.values()].filter(({ name }) => toolAllowed(mandate.terms.limits, name));
  }

  /** Calls a tool by its name. What goes wrong is a result. */
  async call(name: string, args: unknown, context: ToolContext<I, S>): Promise<ToolResult> {
    await this.#before();
    const now = await context.clock.now();
    const refusal = this.#refusal(name, context, now);
    const tool = this.#tools.get(name);
    const result =
      refusal ?? (tool ? await tool.run(args, lookingOnce(context)) : failed(name, "unknown_tool", `there is no tool ${name}`));
    return this.#recorded(name, args, result, context);
  }

  /** What was done stays done where it cannot be noted: the answer says so, and the gateway has its own record. */
  async #recorded(name: string, args: unknown, result: ToolResult, context: ToolContext<I, S>): Promise<ToolResult> {
    try {
      await context.note([callNote(name, args, result)]);
      return result;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { ...result, decision_hints: [...result.decision_hints, `This call is not on the record: ${error.code}.`] };
    }
  }

  #refusal(name: string, { mandate }: ToolContext<I, S>, now: Instant): ToolResult | null {
    const { limits } = mandate.terms;
    if (!this.#tools.has(name)) {
      const known = [...this.#tools.keys()].filter((one) => toolAllowed(limits, one));
      const suggestion = didYouMean(name.slice(0, 100), known, "Call one of the tools that are listed.");
      return failed(name.slice(0, 100), "unknown_tool", "there is no tool of that name", { suggestion });
    }
    if (!toolAllowed(limits, name)) {
      return failed(name, "tool_not_allowed", `allowed_tools does not name ${name}`, {
        suggestion: "Call one of the tools that are listed.",
      });
    }
    const most = limits.max_tool_calls_per_minute;
    if (most === "unlimited") return null;
    this.#called = this.#called.filter((at) => now - at < MINUTE);
    const [oldest] = this.#called;
    if (most.lte(this.#called.length)) {
      return failed(name, "tool_rate_limit", `max_tool_calls_per_minute ${most.toFixed()} is used up`, {
        suggestion: oldest === undefined ? "No call is allowed." : `Call again after ${isoTime(oldest + MINUTE)}.`,
      });
    }
    this.#called = [...this.#called, now];
    return null;
  }
}

/** The same context for one call, which looks at the venue once until something is done: looks use up what a venue answers in a minute. */
function lookingOnce<I extends Intent, S extends Observation>(context: ToolContext<I, S>): ToolContext<I, S> {
  const { venue } = context;
  let seen: Promise<S> | null = null;
  return {
    ...context,
    venue: {
      observe: () => {
        seen ??= venue.observe();
        return seen;
      },
      compile: (intent, observation) => venue.compile(intent, observation),
      readIntent: (item) => venue.readIntent(item),
    },
    act: (intents) => {
      seen = null;
      return context.act(intents);
    },
  };
}

/** What is put on record of a call: arguments without secrets, and the answer's hash and end. */
function callNote(tool: string, args: unknown, result: ToolResult): Note {
  return {
    kind: "tool-call",
    tool: tool.slice(0, 100),
    args: redacted(args),
    status: result.status,
    code: result.error?.code ?? null,
    violations: (result.verdict?.violations ?? []).map(({ code }) => code),
    explanation: redactText(result.explanation).slice(0, 500),
    result: sha256(JSON.stringify(toJson(result))),
  };
}
