import type {
  Api,
  AssistantMessage,
  AssistantMessageEvent,
  Message,
  Model,
  ProviderStreams,
  SimpleStreamOptions,
  ThinkingLevel,
} from "@earendil-works/pi-ai";
import { normalizeContext } from "@earendil-works/pi-ai/utils/transcript";
import type { Killed } from "./classify-reply.ts";
import type { ModelApi } from "./model-port.ts";
import type { ToolOffer } from "./model-turn.ts";
import { type WireRecord, watchedFetch } from "./watched-fetch.ts";

export interface AttemptParameters {
  readonly api: ModelApi;
  readonly model: Model<Api>;
  readonly apiKey: string;
  readonly userAgent: string;
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolOffer[];
  /** Hears the answer's events while they come. Must not throw. */
  readonly heard?: (event: AssistantMessageEvent) => void;
  readonly temperature: number | undefined;
  readonly maxTokens: number;
  readonly reasoning: ThinkingLevel | undefined;
  /** Fires when the caller gives up or the deadline has passed. */
  readonly signal: AbortSignal;
  /** The longest silence on the wire, in milliseconds of this machine. */
  readonly stallMs: number;
  /** Last change to the request body; a rejection ends the attempt unsent and comes back as `refused`. */
  readonly prepare: (payload: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>;
}

export interface AttemptResult {
  readonly message: AssistantMessage;
  readonly wire: WireRecord;
  readonly killed: Killed | undefined;
  /** What `prepare` rejected with. */
  readonly refused: { readonly error: unknown } | undefined;
}

/** One request to a provider through pi-ai, streamed, with a watchdog on silence. Never retried here. */
export async function attempt(parameters: AttemptParameters): Promise<AttemptResult> {
  const { api, model, signal, stallMs } = parameters;
  const stalled = new AbortController();
  let watchdog: NodeJS.Timeout | undefined;
  let over = false;
  const { fetch, wire } = watchedFetch(() => {
    clearTimeout(watchdog);
    if (!over) watchdog = setTimeout(() => stalled.abort(), stallMs);
  });
  let refused: { readonly error: unknown } | undefined;

  const options: SimpleStreamOptions = {
    apiKey: parameters.apiKey,
    headers: { "user-agent": parameters.userAgent, "anthropic-dangerous-direct-browser-access": null },
    fetch,
    signal: AbortSignal.any([signal, stalled.signal]),
    maxRetries: 0,
    maxTokens: parameters.maxTokens,
    // Stated, so that no variable of pi-ai's own changes what is sent.
    cacheRetention: "short",
    ...(parameters.temperature === undefined ? {} : { temperature: parameters.temperature }),
    ...(parameters.reasoning === undefined ? {} : { reasoning: parameters.reasoning }),
    onPayload: async (payload) => {
      try {
        return await parameters.prepare(payload as Readonly<Record<string, unknown>>);
      } catch (error) {
        refused = { error };
        throw error;
      }
    },
  };
  try {
    const provider = await load(api);
    // Without normalizeContext an api module leaves out the system prompt and says nothing.
    const context = normalizeContext({
      systemPrompt: parameters.system,
      messages: [...parameters.messages],
      ...(parameters.tools ? { tools: parameters.tools.map((tool) => ({ ...tool })) } : {}),
    });
    const stream = provider.streamSimple(model, context, options);
    if (parameters.heard) for await (const event of stream) parameters.heard(event);
    const message = await stream.result();
    const killed = stalled.signal.aborted ? "stalled" : signal.aborted ? abortedBy(signal) : undefined;
    // A signal that fires after the last byte took nothing away.
    const complete = message.stopReason === "stop" || message.stopReason === "toolUse" || message.stopReason === "length";
    return { message, wire, killed: complete ? undefined : killed, refused };
  } finally {
    over = true;
    clearTimeout(watchdog);
  }
}

/** The reason with which the deadline's signal fires. */
export const DEADLINE: unique symbol = Symbol("deadline");

function abortedBy(signal: AbortSignal): Killed {
  return signal.reason === DEADLINE ? "deadline" : "aborted";
}

/** Loaded when first used: each brings a provider's whole SDK. */
async function load(api: ModelApi): Promise<ProviderStreams> {
  switch (api) {
    case "chat":
      return await import("@earendil-works/pi-ai/api/openai-completions");
    case "responses":
      return await import("@earendil-works/pi-ai/api/openai-responses");
    case "messages":
      return await import("@earendil-works/pi-ai/api/anthropic-messages");
  }
}
