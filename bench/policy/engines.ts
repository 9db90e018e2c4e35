import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModel } from "casbin";
import { Engine, type NestedCondition } from "json-rules-engine";
import { InvariantError } from "../../src/core/errors.ts";
import type { Attributes } from "./attributes.ts";
import { type Said, saidOf } from "./by-hand.ts";
import { type Comparison, type PlainRule, RULES } from "./rules.ts";

/** The twelve rules as an engine holds them. */
export interface PolicyEngine {
  /** Which rules hold: each is asked, as the judge asks each. */
  which(attributes: Attributes): readonly number[] | Promise<readonly number[]>;
  /** Whether any holds: all of them as one condition, without names. */
  whether(attributes: Attributes): boolean | Promise<boolean>;
}

/** Says every rule that holds: a denial that leaves one out is not the judge's answer. */
export type Ask = (attributes: Attributes) => Said | Promise<Said>;

/** A question a rule. */
export function ruleByRule({ which }: PolicyEngine): Ask {
  return (attributes) => after(which(attributes), namesOf);
}

/** One question whether any holds, and only then which. Most cases break none: no engine has a faster form. */
export function whetherFirst({ which, whether }: PolicyEngine): Ask {
  return (attributes) => after(whether(attributes), (any) => (any ? after(which(attributes), namesOf) : NOTHING));
}

/** Goes on at once where the answer is there: a turn of the queue is as long as what is measured. */
function after<T, R>(answer: T | Promise<T>, then: (answer: T) => R | Promise<R>): R | Promise<R> {
  return answer instanceof Promise ? answer.then(then) : then(answer);
}

const NOTHING = saidOf([]);
const idOf = (index: number) => `rule${index}`;

/** A rule as the text of an expression, its attributes read of `from`. */
const textOf = (from: string, { when }: PlainRule) => when.map(({ of, is, than }) => `${from}.${of} ${is} ${than}`).join(" && ");
const anyOf = (from: string) => RULES.map((rule) => `(${textOf(from, rule)})`).join(" || ");

function namesOf(indexes: readonly number[]): Said {
  const inOrder = indexes.toSorted((a, b) => a - b);
  return saidOf(inOrder.flatMap((index) => RULES[index]?.code ?? []));
}

/** One enforcer a rule: casbin decides one question and names the one policy that settled it. */
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
  return {
    whether: (attributes) => whether.enforceSync(attributes),
    which: (attributes) => which.flatMap((one, i) => (one.enforceSync(attributes) ? [i] : [])),
  };
}

const OPERATORS = { ">": "greaterThan", ">=": "greaterThanInclusive", "<": "lessThan", "==": "equal" } as const;

export async function jsonRulesEngine(): Promise<PolicyEngine> {
  const condition = ({ of, is, than }: Comparison): NestedCondition => ({ fact: of, operator: OPERATORS[is], value: than });
  const rules = RULES.map(({ when }) => ({ all: when.map(condition) }));
  const whether = new Engine([{ conditions: { any: rules }, event: { type: "any" } }]);
  const which = new Engine(rules.map((conditions, i) => ({ conditions, event: { type: idOf(i), params: { index: i } } })));
  return {
    whether: async (attributes) => (await whether.run({ ...attributes })).events.length > 0,
    which: async (attributes) => (await which.run({ ...attributes })).events.map(({ params }) => Number(params?.index)),
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
  return {
    whether: (attributes) => ask("whether", attributes).decision === "deny",
    which(attributes) {
      const { decision, diagnostics } = ask("which", attributes);
      return decision === "allow" ? [] : diagnostics.reason.map((id) => Number(id.slice("rule".length)));
    },
  };
}
