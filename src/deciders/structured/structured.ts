import { toJson } from "../../core/json.ts";
import type { Note } from "../../gateway/contract.ts";
import type { ModelCall, ModelPort } from "../../llm/model-port.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { Decider, Decision } from "../decider.ts";
import { answerSchema } from "./answer.ts";
import { systemPrompt, userPrompt } from "./prompt.ts";
import { readAnswer } from "./read-answer.ts";

export interface StructuredDeciderParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly model: ModelPort;
  readonly venue: Pick<Venue<I, S>, "readIntent">;
}

/**
 * One question, one typed answer. Prompt, answer and each call's cost are noted before the answer is used. An
 * answer that fails is a hold with the failure's code.
 */
export function structuredDecider<I extends Intent, S extends Observation>({
  mandate,
  model,
  venue,
}: StructuredDeciderParameters<I, S>): Decider<I, S> {
  const system = systemPrompt(mandate);
  return {
    async decide(seen, { state, note, signal }): Promise<Decision<I>> {
      const prompt = userPrompt({ mandate, seen, state });
      const answer = await model.ask({ system, prompt, schema: answerSchema, name: "decision", ...(signal ? { signal } : {}) });
      const read: ReturnType<typeof readAnswer<I>> = answer.ok
        ? readAnswer(answer.value, seen, venue)
        : { decision: { kind: "hold", why: answer.detail, code: answer.code }, dropped: [], remarks: [] };
      await note([
        ...answer.calls.map(callNote),
        {
          kind: "model-answer",
          system,
          prompt,
          answer: answer.raw,
          failure: answer.ok ? null : answer.code,
          dropped: toJson(read.dropped),
          remarks: toJson(read.remarks),
        },
      ]);
      return read.decision;
    },
  };
}

function callNote({ provider, model, api, attempt, retry, usage, cost_usd, cost_basis, stop }: ModelCall): Note {
  return {
    kind: "model-call",
    provider,
    model,
    api,
    attempt,
    retry,
    usage: toJson(usage),
    cost_usd: cost_usd.toFixed(),
    cost_basis,
    stop,
  };
}
