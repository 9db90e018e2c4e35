import { type AgentContext, type AgentEvent, type AgentTool, runAgentLoop } from "@earendil-works/pi-agent-core";
import {
  type Api,
  type AssistantMessage,
  type AssistantMessageEventStream,
  createAssistantMessageEventStream,
  type Message,
  type Model,
} from "@earendil-works/pi-ai";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Note } from "../../gateway/contract.ts";
import { GatewayError } from "../../gateway/gateway-error.ts";
import type { RecordReservation } from "../../llm/model-port.ts";
import type { ToolModel, ToolOffer } from "../../llm/model-turn.ts";
import type { LoopTerms } from "../../mandate/terms.ts";
import { redacted } from "../../tools/redact.ts";
import { redactText } from "../../tools/redact-text.ts";
import { inputSchemaOf, type Tool } from "../../tools/tool.ts";
import type { ToolContext } from "../../tools/tool-context.ts";
import type { ToolDesk } from "../../tools/tool-desk.ts";
import { failed } from "../../tools/tool-result.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import { callNote } from "../call-note.ts";
import type { Hands } from "../decider.ts";
import { END_CYCLE, endCycleOffer, readEndCycle } from "./end-cycle.ts";
import { LoopMeter } from "./loop-meter.ts";
import { toolText } from "./tool-text.ts";
import { MessageTrimmer } from "./trim-messages.ts";

export interface LoopCycleParameters<I extends Intent, S extends Observation> {
  readonly system: string;
  readonly opening: string;
  /** What was said in the cycles before. */
  readonly session: readonly Message[];
  readonly limits: LoopTerms;
  readonly model: ToolModel;
  readonly desk: ToolDesk<I, S>;
  readonly hands: Hands<I>;
  readonly clock: Clock;
  readonly stronger: string | null;
  readonly reserve: RecordReservation;
  readonly context: Omit<ToolContext<I, S>, "act" | "note">;
  /** Tools of the loop's own, beside those of the desk. No mandate leaves them out. */
  readonly own: readonly Tool<I, S>[];
  /** Tools that are not offered in this cycle. */
  readonly without: readonly string[];
}

/** How a cycle ended. */
export interface LoopEnd {
  readonly why: string;
  /** What cut it short: a limit of the cycle, or a failure of the model. Null: it ended itself. */
  readonly code: string | null;
  /** Something was sent by a typed tool. */
  readonly sent: boolean;
  /** A command was run, which may have sent something. */
  readonly shellUsed: boolean;
}

/** Milliseconds; what is longer would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What the library wants to know of a model. It asks ours. */
const NO_MODEL: Model<Api> = {
  ...{ id: "loop", name: "loop", api: "loop", provider: "loop", baseUrl: "", reasoning: false, input: ["text"] },
  ...{ cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, contextWindow: 0, maxTokens: 0 },
};

const NUDGE = `Nothing is done by words. Call a tool, or call ${END_CYCLE} with what you did and why.`;

/** One cycle of a model with tools, on pi-agent-core's loop: one call after another, each on record before the next. */
export class LoopCycle<I extends Intent, S extends Observation> {
  readonly #with: LoopCycleParameters<I, S>;
  readonly #tools: ReadonlyMap<string, Tool<I, S>>;
  readonly #offers: readonly ToolOffer[];
  readonly #trimmer: MessageTrimmer;
  readonly #malformed = new Set<string>();
  readonly #transcript: AgentContext;
  /** Ends what is under way when the agent is stopped, or when the cycle takes longer than it may on this machine. */
  readonly #stop = new AbortController();
  #meter: LoopMeter;
  #nudges = 0;
  #sent = false;
  #shellUsed = false;
  #end: { readonly why: string; readonly code: string | null } | null = null;
  #said = "";
  /** What a call failed with that is no answer: it is the agent's to wait and begin again. */
  #thrown: { readonly error: unknown } | null = null;

  constructor(parameters: LoopCycleParameters<I, S>) {
    const { desk, context, without, limits, session, clock, own } = parameters;
    this.#with = parameters;
    // What always answers that it is unsupported would only cost tokens.
    const offered = desk.listed(context).filter(({ name, unsupported }) => !unsupported && !without.includes(name));
    const listed = [...offered, ...own];
    this.#tools = new Map(listed.map((tool) => [tool.name, tool]));
    this.#offers = [
      ...listed.map((tool) => ({ name: tool.name, description: tool.description, parameters: inputSchemaOf(tool) })),
      endCycleOffer,
    ];
    this.#trimmer = new MessageTrimmer(limits.messages, limits.keep);
    this.#transcript = { messages: [...session], tools: this.#offers.map((offer) => this.#agentTool(offer)) };
    this.#meter = new LoopMeter(limits, clock, 0);
  }

  /** All that was said, this cycle's and the session's before it. */
  get messages(): readonly Message[] {
    return this.#transcript.messages.filter(isTold);
  }

  /** @throws {GatewayError} for what did not reach a verdict: the next cycle begins with what is then open. */
  async run(): Promise<LoopEnd> {
    const { opening, system, limits, clock, hands } = this.#with;
    const began = await clock.now();
    this.#meter = new LoopMeter(limits, clock, began);
    const leave = () => this.#stop.abort();
    const watchdog = setTimeout(leave, Math.min(limits.wall, LONGEST_TIMER));
    if (hands.signal?.aborted) leave();
    hands.signal?.addEventListener("abort", leave, { once: true });
    try {
      await this.#note([
        // Apart, because it is the same in every cycle: the journal keeps it once.
        { kind: "loop-system", system, tools: this.#offers.map(({ name }) => name) },
        { kind: "loop-opened", opening: redactText(opening) },
      ]);
      const messages: AgentContext["messages"] = this.#transcript.messages;
      const at = messages.length;
      const opened: Message = { role: "user", content: opening, timestamp: began };
      const said = await runAgentLoop(
        [opened],
        { messages, tools: this.#transcript.tools ?? [] },
        {
          model: NO_MODEL,
          toolExecution: "sequential",
          // What the library says of tools is said by each turn's offers.
          convertToLlm: (all) => [...this.#trimmer.trim(all.filter(isTold), at)],
          beforeToolCall: async ({ toolCall }) => this.#blocked(toolCall.id),
          finishTurn: async () => ((await this.#over()) ? { action: "end" } : undefined),
          getFollowUpMessages: async () => this.#nudge(),
        },
        (event) => this.#heard(event),
        this.#stop.signal,
        (_model, { messages: sent }) => this.#turn(sent),
      );
      messages.push(...said);
    } finally {
      clearTimeout(watchdog);
      hands.signal?.removeEventListener("abort", leave);
    }
    if (this.#thrown) throw this.#thrown.error;
    return this.#ended();
  }

  async #ended(): Promise<LoopEnd> {
    const { why, code } = this.#end ?? { why: this.#said || "it said nothing", code: null };
    const { turns, toolCalls, tokens, usd } = this.#meter;
    const kept = redactText(why).slice(0, 2_000);
    await this.#note([{ kind: "loop-ended", why: kept, code, turns, tool_calls: toolCalls, tokens, cost_usd: usd.toFixed() }]);
    return { why: kept, code, sent: this.#sent, shellUsed: this.#shellUsed };
  }

  /** One request to the model, its cost and its words on record before they are used. */
  async #turn(messages: readonly Message[]): Promise<AssistantMessageEventStream> {
    const { model, system, stronger, reserve, hands } = this.#with;
    const answer = await model.turn({
      system,
      messages,
      tools: this.#offers,
      most: this.#meter.left,
      stronger,
      reserve,
      ...(this.#meter.turns > 0 ? { goesOn: true } : { spent: hands.state.model_spent_today_usd }),
      signal: this.#stop.signal,
    });
    this.#meter.took(answer.calls);
    await this.#note(answer.calls.map(callNote));
    if (!answer.ok) {
      this.#end = this.#stop.signal.aborted ? this.#stopped() : { why: answer.detail, code: answer.code };
      return streamOf({ ...EMPTY, stopReason: "error", errorMessage: answer.code });
    }
    // By turn: some endpoints count their calls anew in each.
    this.#malformed.clear();
    for (const id of answer.malformed) this.#malformed.add(id);
    const { content, stopReason } = answer.message;
    const text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
    const calls = content.flatMap((block) => (block.type === "toolCall" ? [block] : []));
    this.#said = text.trim();
    await this.#note([
      {
        kind: "loop-turn",
        text: redactText(text),
        calls: calls.map(({ id, name, arguments: args }) => ({ id, tool: name.slice(0, 100), args: redacted(args) })),
        malformed: [...answer.malformed],
        stop: stopReason,
      },
    ]);
    if (this.#said !== "") this.#with.hands.tell?.({ kind: "says", text: redactText(this.#said) });
    return streamOf(answer.message);
  }

  #agentTool({ name, description }: ToolOffer): AgentTool {
    return {
      name,
      description,
      label: name,
      // Checked by the tool itself, strictly: the library would bend arguments until they fit.
      parameters: {},
      execute: async (_id, args) => ({ content: [{ type: "text", text: await this.#called(name, args) }], details: null }),
    };
  }

  async #called(name: string, args: unknown): Promise<string> {
    const { desk, hands, context, own } = this.#with;
    const tool = this.#tools.get(name);
    hands.tell?.({ kind: "calls", tool: name, args: redacted(args) });
    if (name === END_CYCLE) {
      const read = readEndCycle(args);
      if (read.ok) {
        this.#end = { why: read.why, code: null };
        return "the cycle is over";
      }
      this.#meter.call();
      return toolText(tool, failed(name, "validation_error", read.reason));
    }
    if (!this.#meter.call()) return toolText(tool, failed(name, "tool_rate_limit", "the cycle's tool calls are used up"));
    this.#shellUsed ||= name === "bash";
    try {
      const around: ToolContext<I, S> = {
        ...context,
        signal: this.#stop.signal,
        note: (notes) => hands.note(notes),
        act: async (intents) => {
          try {
            const outcomes = await hands.act(intents);
            this.#sent ||= outcomes.some(({ kind }) => kind !== "refused");
            return outcomes;
          } catch (error) {
            // A request that never reached its verdict may still be carried out: no tool may ask again in this cycle.
            if (error instanceof GatewayError) this.#thrown ??= { error };
            throw error;
          }
        },
      };
      const result = tool && own.includes(tool) ? await tool.run(args, around) : await desk.call(name, args, around);
      hands.tell?.({ kind: "answered", tool: name, status: result.status, explanation: redactText(result.explanation) });
      return toolText(tool, result);
    } catch (error) {
      this.#thrown ??= { error };
      return messageOf(error);
    }
  }

  #blocked(id: string): { readonly block: true; readonly reason: string } | undefined {
    if (this.#thrown) return { block: true, reason: "the cycle is ending: nothing was done" };
    if (this.#end) return { block: true, reason: "the cycle is over: nothing was done" };
    if (!this.#malformed.has(id)) return undefined;
    return { block: true, reason: "the arguments are no whole JSON object: nothing was done. Call again with all of them." };
  }

  async #over(): Promise<boolean> {
    if (this.#thrown !== null || this.#end !== null) return true;
    if (this.#stop.signal.aborted) {
      this.#end = this.#stopped();
      return true;
    }
    const over = await this.#meter.over();
    if (over) this.#end = { why: over.detail, code: over.code };
    return over !== null;
  }

  #stopped(): { readonly why: string; readonly code: string } {
    return this.#with.hands.signal?.aborted
      ? { why: "the agent is stopping", code: "LOOP_ABORTED" }
      : { why: "the cycle took longer on this machine than it may", code: "LOOP_WALL" };
  }

  #nudge(): Message[] {
    if (this.#end || this.#thrown || this.#nudges >= this.#with.limits.nudges) return [];
    this.#nudges += 1;
    return [{ role: "user", content: NUDGE, timestamp: 0 }];
  }

  /** What a model was answered goes on record as it was answered, blocked and unknown calls too. */
  async #heard(event: AgentEvent): Promise<void> {
    if (event.type === "message_end" && event.message.role === "user" && event.message.content === NUDGE) {
      await this.#note([{ kind: "loop-nudge", text: NUDGE }]);
    }
    if (event.type !== "message_end" || event.message.role !== "toolResult") return;
    const { toolCallId, toolName, content, isError } = event.message;
    // Calls that no tool was reached by are calls too, or they would have no end.
    if (isError) this.#meter.call();
    const text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
    const note = { call: toolCallId, tool: toolName.slice(0, 100), blocked: isError, text: redactText(text) };
    await this.#note([{ kind: "loop-result", ...note }]);
  }

  async #note(notes: readonly Note[]): Promise<void> {
    if (notes.length > 0) await this.#with.hands.note(notes);
  }
}

const EMPTY: AssistantMessage = {
  role: "assistant",
  content: [],
  ...{ api: "loop", provider: "loop", model: "loop", stopReason: "stop", timestamp: 0 },
  usage: {
    ...{ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 },
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
  },
};

/** A turn that is over already, as the library hears of turns. */
function streamOf(message: AssistantMessage): AssistantMessageEventStream {
  const stream = createAssistantMessageEventStream();
  const { stopReason } = message;
  if (stopReason === "stop" || stopReason === "length" || stopReason === "toolUse") {
    stream.push({ type: "done", reason: stopReason, message });
  } else stream.push({ type: "error", reason: "error", error: message });
  return stream;
}

function isTold(message: { readonly role: string }): message is Exclude<Message, { role: "system" }> {
  return message.role === "user" || message.role === "assistant" || message.role === "toolResult";
}
