import { toJson } from "../../core/json.ts";
import { costOfCalls } from "../../llm/cost-of-calls.ts";
import type { ModelPort } from "../../llm/model-port.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import { callNote, reservations } from "../call-note.ts";
import type { Decider, Decision } from "../decider.ts";
import { openPromptKit } from "../prompt/prompt-kit.ts";
import { openStrategyDesk } from "../strategies/open-strategy-desk.ts";
import { answerType } from "./answer.ts";
import { promptTexts } from "./prompt-texts.ts";
import { type ReadAnswer, readAnswer } from "./read-answer.ts";
import { wantsStronger } from "./wants-stronger.ts";

export interface StructuredDeciderParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly model: ModelPort;
  readonly venue: Pick<Venue<I, S>, "readIntent" | "vocabulary">;
}

/**
 * One question, one typed answer, held to the strategy that it names. Prompt, answer and each call's cost are noted
 * before the answer is used. An answer that fails is a hold with the failure's code.
 *
 * @throws {FileProblemsError} when a prompt or strategy file that the mandate names is wrong.
 * @throws {UsageError} when one cannot be read.
 */
export function structuredDecider<I extends Intent, S extends Observation>({
  mandate,
  model,
  venue,
}: StructuredDeciderParameters<I, S>): Decider<I, S> {
  const { brief } = mandate;
  const kit = openPromptKit(brief.prompt, brief.folder);
  const desk = openStrategyDesk(brief.strategies, brief.folder);
  const intents = venue.vocabulary?.intents ?? [];
  const reserveBy = reservations();
  return {
    async decide(seen, { state, note, signal }): Promise<Decision<I>> {
      if (state.following) desk?.resume(state.following);
      const strategies = desk?.listed(seen) ?? [];
      const shorts = (venue.vocabulary?.may?.(seen).shorts.size ?? 0) > 0;
      const following = desk?.following ?? null;
      const texts = promptTexts({ kit, mandate, intents, shorts, strategies, following, seen, state });
      const system = kit.stable(texts);
      const prompt = kit.now(texts);
      const schema = answerType({ intents, strategies: strategies.map(({ id }) => id) });
      const stronger = brief.model.escalate ? wantsStronger(brief.model.escalate, seen, state) : null;
      const answer = await model.ask({
        system,
        prompt,
        schema,
        name: "decision",
        reserve: reserveBy(note),
        spent: state.model_spent_today_usd,
        ...(stronger === null ? {} : { stronger }),
        ...(signal ? { signal } : {}),
      });
      const read: ReadAnswer<I> = answer.ok
        ? readAnswer(answer.value, seen, venue)
        : { decision: { kind: "hold", why: answer.detail, code: answer.code }, dropped: [], remarks: [] };
      const selected = answer.ok ? answer.value.selected_strategy : null;
      const held = desk?.hold(read.decision, selected, seen, venue) ?? { decision: read.decision, remarks: [] };
      const followed = desk?.following ?? null;
      const begun = followed === null || followed === following ? [] : [{ kind: "strategy-followed", strategy: followed }];
      await note([
        ...begun,
        ...answer.calls.map(callNote),
        {
          kind: "model-answer",
          system,
          prompt,
          answer: answer.raw,
          failure: answer.ok ? null : answer.code,
          selected_strategy: selected,
          stronger,
          cost_usd: costOfCalls(answer.calls).toFixed(),
          dropped: toJson(read.dropped),
          remarks: toJson([...read.remarks, ...held.remarks]),
        },
      ]);
      return selected === null ? held.decision : { ...held.decision, strategy: selected };
    },
  };
}
