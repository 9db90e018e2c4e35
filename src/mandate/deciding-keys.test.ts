import { expect, test } from "vitest";
import { HOUR } from "../core/clock.ts";
import { MandateFileError } from "./mandate-file-error.ts";
import { parseSample } from "./testing/sample-mandate.ts";

const MODEL = "model: { provider: anthropic, id: claude-sonnet-4-5, max_tokens: 1500 }";

test("what is left out of prompt, strategies and near_budget has its default", () => {
  const { brief } = parseSample([
    MODEL,
    "model: { provider: a, id: b, near_budget: { slower_every: 1h }, escalate: { to: { provider: a, id: c } } }\nprompt: {}\nstrategies: {}",
  ]);
  expect(brief.prompt).toEqual({ template: "default", variables: {}, partials: {} });
  expect(brief.strategies).toEqual({ from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 });
  const { near_budget: near, escalate } = brief.model;
  expect([near?.cheaper_below_pct, near?.slower_below_pct, near?.hold_below_pct].map((value) => value?.toFixed())).toEqual([
    "40",
    "20",
    "0",
  ]);
  expect(near).toMatchObject({ cheaper: null, slower_every: HOUR });
  expect(escalate).toEqual({ to: { provider: "a", id: "c" }, drawdown_pct: null, price_pct: null, after_refusal: false });
});

test("a mandate that names none of it has none of it", () => {
  const { brief } = parseSample();
  expect(Object.keys(brief)).not.toEqual(expect.arrayContaining(["prompt"]));
  expect(Object.keys(brief.model).sort()).toEqual(["id", "max_tokens", "provider"]);
});

test.each<[string, string, string, string]>([
  ["a template that is neither shipped nor a path", "prompt: { template: fancy }", "prompt.template", "BAD_VALUE"],
  ["a partial from anywhere", "prompt: { partials: { position: /etc/passwd } }", "prompt.partials.position", "BAD_PATH"],
  ["a fallback of a fallback", "prompt: {}\n#", "model.fallbacks.0.fallbacks", "UNKNOWN_KEY"],
  ["an unknown risk", "strategies: { risk_profile: wild }", "strategies.risk_profile", "BAD_VALUE"],
  ["a strategy list of none", "strategies: { only: [] }", "strategies.only", "BAD_VALUE"],
])("%s is refused where it stands", (_, lines, path, code) => {
  const model = path.startsWith("model")
    ? "model: { provider: a, id: b, fallbacks: [{ provider: a, id: c, fallbacks: [] }] }"
    : MODEL;
  try {
    parseSample([MODEL, `${model}\n${lines}`]);
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof MandateFileError)) throw error;
    expect(error.problems.map((problem) => [problem.path, problem.code])).toEqual([[path, code]]);
  }
});
