// What the policy engine costs: the judge with twelve rules in force, against the same rules written by hand for this one
// mandate over the same Decimals, and as casbin, json-rules-engine and Cedar have them. Those know no exact decimals: they
// are told whole numbers that were worked out from the case, and are timed with that and without it. None of them says what
// is left of each budget, so that is a row of its own.
// Run: node scripts/launch.mjs --tool node bench/policy.ts [--json]
import { InvariantError } from "../src/core/errors.ts";
import { seededRandom } from "../src/core/random.ts";
import { type Decision, decide, judge } from "../src/mandate/judge.ts";
import { parseSample } from "../src/mandate/testing/sample-mandate.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";
import { type Attributes, attributesOf } from "./policy/attributes.ts";
import { byHand, type Said, saidOf } from "./policy/by-hand.ts";
import { type Case, makeCase, NOW } from "./policy/cases.ts";
import { type Ask, casbinEngine, cedarEngine, jsonRulesEngine, ruleByRule, whetherFirst } from "./policy/engines.ts";

const CASES = 4_096;
/** The first ones are left out: a gateway runs for days, and so is measured once its code has been compiled. */
const WARMING = 6;
const ROUNDS = 9;
const BASELINE = "by hand, 12 rules";
const OURS = "judge, 12 rules";
const WITH_ROWS = "judge, and what is left";
/** What holds for the figures to be worth showing. */
const MOST_OF_HAND = 5;
const AHEAD_OF_ENGINES = 10;

const { terms } = parseSample();
const byDecision = ({ effects, prices, budgets }: Case) => said(decide(terms, effects, prices, budgets, NOW));
const byJudge = ({ effects, prices, budgets }: Case) => said(judge(terms, effects, prices, budgets, NOW));

function said(verdict: Decision): Said {
  if (verdict.kind === "allow") return saidOf([]);
  return saidOf(verdict.kind === "ask" ? ["ask"] : verdict.violations.map(({ code }) => code));
}

const random = seededRandom("policy bench");
const cases = Array.from({ length: CASES }, () => makeCase(random));
const told = cases.map(attributesOf);
const engines = [
  ["casbin", await casbinEngine()],
  ["json-rules-engine", await jsonRulesEngine()],
  ["cedar-wasm", await cedarEngine()],
] as const;
/** Each engine asks every rule, as the judge does; and, faster where a case breaks none, first whether any holds at all. */
const forms: readonly (readonly [name: string, ask: Ask])[] = engines.flatMap(([name, engine]) => [
  [name, ruleByRule(engine)] as const,
  [`${name}, asked first whether`, whetherFirst(engine)] as const,
]);

const counts = new Map<string, number>();
for (const [i, one] of cases.entries()) {
  const hand = byHand(one);
  const others: (readonly [string, Said])[] = [
    ["judge", byDecision(one)],
    [WITH_ROWS, byJudge(one)],
  ];
  for (const [name, ask] of forms) others.push([name, await ask(told[i] ?? attributesOf(one))]);
  for (const [name, said] of others) {
    if (said !== hand) throw new InvariantError(`case ${i}: ${name} says ${said}, the rules by hand say ${hand}`);
  }
  for (const code of hand.split(",")) counts.set(code, (counts.get(code) ?? 0) + 1);
}
if (counts.size < 14) throw new InvariantError("the cases do not reach enough rules", { details: Object.fromEntries(counts) });
process.stderr.write(
  `${CASES} cases, every verdict of all five agrees: ${[...counts].map(([verdict, n]) => `${verdict} ${n}`).join(", ")}\n`,
);

const rounds: Measurement[][] = [];
for (let round = 0; round < WARMING + ROUNDS; round++) {
  const pick = (n: number): Case => cases[n % CASES] ?? makeCase(random);
  const known = (n: number): Attributes => told[n % CASES] ?? attributesOf(pick(n));
  rounds.push([
    await measure(BASELINE, { count: CASES }, (n) => byHand(pick(n))),
    await measure(OURS, { count: CASES }, (n) => byDecision(pick(n))),
    await measure(WITH_ROWS, { count: CASES }, (n) => byJudge(pick(n))),
  ]);
  for (const [name, ask] of forms) {
    rounds
      .at(-1)
      ?.push(
        await measure(`${name}, from the case`, { count: CASES }, (n) => ask(attributesOf(pick(n)))),
        await measure(`${name}, engine alone`, { count: CASES }, (n) => ask(known(n))),
      );
  }
}
const rows = ratios(medians(rounds.slice(WARMING)), BASELINE);
report("policy", rows);

const p50 = (name: string) => rows.find((row) => row.name === name)?.p50 ?? Number.NaN;
const ofHand = p50(OURS) / p50(BASELINE);
process.stderr.write(`p50: judge takes ${ofHand.toFixed(2)} times as long as by hand (at most ${MOST_OF_HAND} wanted)\n`);
for (const [name] of forms) {
  const [whole, alone] = [`${name}, from the case`, `${name}, engine alone`].map((row) => p50(row) / p50(OURS));
  process.stderr.write(
    `p50: ${name} takes ${whole?.toFixed(1)} times as long as judge from the case, ${alone?.toFixed(1)} alone (${AHEAD_OF_ENGINES} wanted)\n`,
  );
}
