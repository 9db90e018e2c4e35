import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModel } from "casbin";
import { Engine, type NestedCondition } from "json-rules-engine";
import { InvariantError } from "../../src/core/errors.ts";
import type { Attributes } from "./attributes.ts";
import { type Said, saidOf } from "./by-hand.ts";
import { type Comparison, type PlainRule, RULES } from "./rules.ts";

/**
 * Names every rule that holds, as the judge does: a denial that leaves one out is not the same answer. Each is asked first
 * whether any rule holds, in one question, and only then which: most cases break none, and no engine has a faster form.
 */
export type PolicyEngine = (attributes: Attributes) => Said | Promise<Said>;

const NOTHING = saidOf([]);
const idOf = (index: number) => `rule${index}`;

/** A rule as the text of an expression, its attributes read of `from`. */
const textOf = (from: string, { when }: PlainRule) => when.map(({ of, is, than }) => `${from}.${of} ${is} ${than}`).join(" && ");
const anyOf = (from: string) => RULES.map((rule) => `(${textOf(from, rule)})`).join(" || ");

function allOf(indexes: readonly number[]): Said {
  const inOrder = indexes.toSorted((a, b) => a - b);
  return saidOf(inOrder.flatMap((index) => RULES[index]?.code ?? []));
}

/** One enforcer a rule: casbin decides one question and names the one policy that settled it, so that each rule is a question. */
export async function casbinEngine(): Promise<PolicyEngine> {
  const enforcer = (matcher: string) =>
    newEnforcer(
      newModel(`
[request_definition]
r = it
[policy_definition]
p = any
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = ${matcher}`),
    );
  const whether = await enforcer(anyOf("r.it"));
  const which = await Promise.all(RULES.map((rule) => enforcer(textOf("r.it", rule))));
  return (attributes) =>
    whether.enforceSync(attributes) ? allOf(which.flatMap((one, i) => (one.enforceSync(attributes) ? [i] : []))) : NOTHING;
}

const OPERATORS = { ">": "greaterThan", ">=": "greaterThanInclusive", "<": "lessThan", "==": "equal" } as const;

export async function jsonRulesEngine(): Promise<PolicyEngine> {
  const condition = ({ of, is, than }: Comparison): NestedCondition => ({ fact: of, operator: OPERATORS[is], value: than });
  const rules = RULES.map(({ when }) => ({ all: when.map(condition) }));
  const whether = new Engine([{ conditions: { any: rules }, event: { type: "any" } }]);
  const which = new Engine(rules.map((conditions, i) => ({ conditions, event: { type: idOf(i), params: { index: i } } })));
  return async (attributes) => {
    if ((await whether.run({ ...attributes })).events.length === 0) return NOTHING;
    const { events } = await which.run({ ...attributes });
    return allOf(events.map(({ params }) => Number(params?.index)));
  };
}

export async function cedarEngine(): Promise<PolicyEngine> {
  const forbid = (when: string) => `forbid(principal, action, resource) when { ${when} };`;
  const parse = (set: string, forbidden: Readonly<Record<string, string>>) => {
    const parsed = preparsePolicySet(set, { staticPolicies: { ...forbidden, open: "permit(principal, action, resource);" } });
    if (parsed.type === "failure")
      throw new InvariantError("Cedar does not read the rules", { details: { errors: parsed.errors.map((e) => e.message) } });
  };
  parse("whether", { any: forbid(anyOf("context")) });
  parse("which", Object.fromEntries(RULES.map((rule, i) => [idOf(i), forbid(textOf("context", rule))])));
  const uid = { type: "Mandate", id: "bench" };
  const ask = (set: string, attributes: Attributes) => {
    const answer = statefulIsAuthorized({
      principal: uid,
      action: { type: "Action", id: "sign" },
      resource: uid,
      context: { ...attributes },
      preparsedPolicySetId: set,
      entities: [],
    });
    if (answer.type === "failure") throw new InvariantError("Cedar does not answer");
    return answer.response;
  };
  return (attributes) => {
    if (ask("whether", attributes).decision === "allow") return NOTHING;
    const { reason } = ask("which", attributes).diagnostics;
    return allOf(reason.map((id) => Number(id.slice("rule".length))));
  };
}
