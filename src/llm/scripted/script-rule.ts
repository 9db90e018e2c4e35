import type { ModelScript, ScriptCondition } from "./model-script.ts";
import type { ScriptedRequest, ScriptedRule, Turn } from "./turn.ts";

/**
 * A rule that follows a script. It counts what it has said: a script that is to begin anew is made into a rule anew.
 *
 * @param shipped - what speaks where no rule of the script does and `otherwise` is "shipped".
 */
export function scriptRule({ rules, otherwise = "shipped" }: ModelScript, shipped: ScriptedRule): ScriptedRule {
  const waiting = rules.map(({ when, do: said, times }) => {
    const turns: readonly Turn[] = isList(said) ? said : [said];
    const most = (times ?? (isList(said) ? 1 : Number.POSITIVE_INFINITY)) * turns.length;
    return { holds: holding(when ?? {}), turns, most, said: 0 };
  });
  return (request) => {
    const rule = waiting.find((one) => one.said < one.most && one.holds(request));
    const turn = rule?.turns[rule.said % rule.turns.length];
    if (rule && turn) {
      rule.said += 1;
      return turn;
    }
    if (otherwise === "shipped") return shipped(request);
    if (otherwise === "error") return { kind: "http", status: 500, message: "the script has no turn for this" };
    return otherwise;
  };
}

function isList(said: Turn | readonly Turn[]): said is readonly Turn[] {
  return Array.isArray(said);
}

function holding(when: ScriptCondition): (request: ScriptedRequest) => boolean {
  const { request: numbers, api, offers, after } = when;
  const system = expression(when.system);
  const prompt = expression(when.prompt);
  const result = expression(when.result);
  return (request) => {
    const last = request.messages.at(-1);
    const answered = last?.role === "tool" ? last : null;
    return (
      (numbers === undefined || [numbers].flat().includes(request.n)) &&
      (api === undefined || request.api === api) &&
      (system === null || system.test(request.system)) &&
      (prompt === null || prompt.test(request.prompt)) &&
      (offers === undefined ||
        (offers === null ? request.tools.length === 0 : request.tools.some(({ name }) => name === offers))) &&
      (after === undefined || (after === null ? answered === null : answered?.tool === after)) &&
      (result === null || (answered !== null && result.test(answered.text)))
    );
  };
}

function expression(text: string | undefined): RegExp | null {
  return text === undefined ? null : new RegExp(text, "i");
}
