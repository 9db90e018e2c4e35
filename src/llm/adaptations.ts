import type { Structured } from "./structured-payload.ts";
import type { WireRecord } from "./watched-fetch.ts";

type Payload = Readonly<Record<string, unknown>>;

/** How requests are made at a moment. */
export interface Manner {
  readonly structured: Structured;
  readonly temperature: boolean;
  /** Whether the token limit goes by chat completions' other name. */
  readonly otherLimit: boolean;
}

/**
 * What an endpoint has refused to be sent, learned from its HTTP 400 and kept as long as the process lives: endpoints
 * that call themselves compatible differ in these, and reasoning models take no temperature.
 */
export class Adaptations {
  #manner: Manner;

  constructor(structured: Structured) {
    this.#manner = { structured, temperature: true, otherLimit: false };
  }

  get manner(): Manner {
    return this.#manner;
  }

  /** True when the refusal names something that was sent and will not be again: the request is worth another try. */
  learn({ status, errorBody }: WireRecord, sent: Manner): boolean {
    const change = status === 400 || status === 422 ? changeFor(errorBody, sent) : undefined;
    if (change) this.#manner = { ...this.#manner, ...change };
    return change !== undefined;
  }
}

/** A request body in the given manner. The answer's shape is added elsewhere. */
export function inManner(payload: Payload, manner: Manner): Payload {
  const { temperature: _, ...rest } = payload;
  const kept = manner.temperature ? payload : rest;
  return manner.otherLimit ? withOtherLimit(kept) : kept;
}

function changeFor(body: string, sent: Manner): Partial<Manner> | undefined {
  if (sent.temperature && /temperature/i.test(body)) return { temperature: false };
  if (!sent.otherLimit && LIMIT.test(body) && /unsupported|unknown|unrecognized|not permitted|extra/i.test(body))
    return { otherLimit: true };
  if (sent.structured !== "none" && SHAPE.test(body)) return { structured: "none" };
  return undefined;
}

const LIMIT = /max_tokens|max_completion_tokens/i;
const SHAPE = /response_format|output_config|output_format|text\.format|json_schema|structured output|tool_choice|tools?\b/i;

/** chat completions has two names for one limit. */
function withOtherLimit(payload: Payload): Payload {
  const { max_tokens, max_completion_tokens, ...rest } = payload;
  if (max_completion_tokens !== undefined) return { ...rest, max_tokens: max_completion_tokens };
  return max_tokens === undefined ? payload : { ...rest, max_completion_tokens: max_tokens };
}
