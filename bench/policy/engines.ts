import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModel } from "casbin";
import { Engine } from "json-rules-engine";
import { InvariantError } from "../../src/core/errors.ts";
import type { Attributes } from "./attributes.ts";
import { type Said, saidOf } from "./by-hand.ts";
import { type Comparison, RULES } from "./rules.ts";

/** Names every rule that holds, as the judge does: a denial that leaves one out is not the same answer. */
export type PolicyEngine = (attributes: Attributes) => Said | Promise<Said>;

const text = ({ of, is, than }: Comparison) => `${of} ${is} ${than}`;
const idOf = (index: number) => `rule${index}`;

function allOf(indexes: readonly number[]): Said {
  const inOrder = indexes.toSorted((a, b) => a - b);
  return saidOf(inOrder.flatMap((index) => RULES[index]?.code ?? []));
}

/** One enforcer a rule: casbin decides one question and names the one policy that settled it, so that each rule is a question. */
export async function casbinEngine(): Promise<PolicyEngine> {
  const enforcers = await Promise.all(
    RULES.map(({ when }) =>
      newEnforcer(
        newModel(`
[request_definition]
r = it
[policy_definition]
p = any
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = ${when.map((one) => `r.it.${text(one)}`).join(" && ")}`),
      ),
    ),
  );
  return (attributes) => allOf(enforcers.flatMap((enforcer, i) => (enforcer.enforceSync(attributes) ? [i] : [])));
}

const OPERATORS = { ">": "greaterThan", ">=": "greaterThanInclusive", "<": "lessThan", "==": "equal" } as const;

export async function jsonRulesEngine(): Promise<PolicyEngine> {
  const engine = new Engine(
    RULES.map(({ when }, i) => ({
      conditions: { all: when.map(({ of, is, than }) => ({ fact: of, operator: OPERATORS[is], value: than })) },
      event: { type: idOf(i), params: { index: i } },
    })),
  );
  return async (attributes) => {
    const { events } = await engine.run({ ...attributes });
    return allOf(events.map(({ params }) => Number(params?.index)));
  };
}

export async function cedarEngine(): Promise<PolicyEngine> {
  const operator = { ">": ">", ">=": ">=", "<": "<", "==": "==" } as const;
  const policies = Object.fromEntries(
    RULES.map(({ when }, i) => {
      const all = when.map(({ of, is, than }) => `context.${of} ${operator[is]} ${than}`).join(" && ");
      return [idOf(i), `forbid(principal, action, resource) when { ${all} };`];
    }),
  );
  const parsed = preparsePolicySet("bench", { staticPolicies: { ...policies, open: "permit(principal, action, resource);" } });
  if (parsed.type === "failure")
    throw new InvariantError("Cedar does not read the rules", { details: { errors: parsed.errors.map((e) => e.message) } });
  const uid = { type: "Mandate", id: "bench" };
  return (attributes) => {
    const answer = statefulIsAuthorized({
      principal: uid,
      action: { type: "Action", id: "sign" },
      resource: uid,
      context: { ...attributes },
      preparsedPolicySetId: "bench",
      entities: [],
    });
    if (answer.type === "failure") throw new InvariantError("Cedar does not answer");
    const { decision, diagnostics } = answer.response;
    if (decision === "allow") return allOf([]);
    return allOf(diagnostics.reason.map((id) => Number(id.slice("rule".length))));
  };
}
