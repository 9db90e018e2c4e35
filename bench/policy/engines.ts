import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModel } from "casbin";
import { Engine } from "json-rules-engine";
import { InvariantError } from "../../src/core/errors.ts";
import type { Attributes } from "./attributes.ts";
import type { Said } from "./by-hand.ts";
import { type Comparison, RULES } from "./rules.ts";

/** Gives the code of the first rule that holds, or "allow". */
export type PolicyEngine = (attributes: Attributes) => Said | Promise<Said>;

const text = ({ of, is, than }: Comparison) => `${of} ${is} ${than}`;
const idOf = (index: number) => `rule${index}`;

function firstOf(indexes: readonly number[]): Said {
  return RULES[Math.min(...indexes)]?.code ?? "allow";
}

/** One policy a rule in order of precedence; the first that matches decides. */
export async function casbinEngine(): Promise<PolicyEngine> {
  const model = newModel(`
[request_definition]
r = it
[policy_definition]
p = rule, code, eft
[policy_effect]
e = priority(p.eft) || deny
[matchers]
m = eval(p.rule)`);
  const enforcer = await newEnforcer(model);
  for (const [i, { code, when }] of RULES.entries()) {
    await enforcer.addPolicy(when.map((one) => `r.it.${text(one)}`).join(" && "), `${idOf(i)} ${code}`, "deny");
  }
  await enforcer.addPolicy("true", "last allow", "allow");
  return (attributes) => {
    const [, matched] = enforcer.enforceExSync(attributes);
    return (matched[1]?.split(" ")[1] ?? "allow") as Said;
  };
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
    return firstOf(events.map(({ params }) => Number(params?.index)));
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
    if (decision === "allow") return "allow";
    return firstOf(diagnostics.reason.map((id) => Number(id.slice("rule".length))));
  };
}
