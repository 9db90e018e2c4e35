import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { MandateFileError, type Problem } from "./mandate-file-error.ts";
import { parseMandate } from "./parse-mandate.ts";
import { BAD_MANDATES } from "./testing/bad-mandates.ts";
import { type Change, parseSample, SAMPLE, sampleWith, WORLD_WALLET } from "./testing/sample-mandate.ts";

function problemsOf(text: string, options: Partial<Parameters<typeof parseMandate>[1]> = {}): readonly Problem[] {
  try {
    parseMandate(text, { file: "MANDATE.md", worldWallet: WORLD_WALLET, ...options });
  } catch (error) {
    if (error instanceof MandateFileError) return error.problems;
    throw error;
  }
  return [];
}

const ON_BASE: Change = ["network: rehearsal", "network: base"];
const trade = (value: string): readonly Change[] => [["max_single_trade_usd: 500", `max_single_trade_usd: ${value}`]];
const tokens = (value: string): readonly Change[] => [["allowed_tokens: [WETH, USDC]", `allowed_tokens: ${value}`]];

test.each(BAD_MANDATES)("refuses %s, at its line", (_name, changes, line, code, path) => {
  const problems = problemsOf(sampleWith(...changes));
  expect(problems.map((problem) => ({ line: problem.line, code: problem.code, path: problem.path }))).toContainEqual({
    line,
    code,
    path,
  });
  for (const { remedy, column, message } of problems) {
    expect(remedy).not.toBe("");
    expect(message).not.toBe("");
    expect(column).toBeGreaterThan(0);
  }
});

test.each([
  ["no frontmatter", "Hold half in WETH."],
  ["an empty file", ""],
  ["frontmatter that is never closed", "---\nid: a\n"],
  ["a first line of four dashes", `-${SAMPLE}`],
])("refuses %s", (_name, text) => {
  expect(problemsOf(text).map(({ code }) => code)).toEqual(["NO_FRONTMATTER"]);
});

test.each(["constructor", "valueOf", "toString"])("refuses a token named %s: a plain object has that of every name", (name) => {
  expect(problemsOf(sampleWith(...tokens(`[WETH, ${name}]`))).map(({ code }) => code)).toContain("BAD_LABEL");
});

test("refuses a file that is larger than any mandate", () => {
  expect(problemsOf(`${SAMPLE}${"x".repeat(300_000)}`).map(({ code }) => code)).toEqual(["TOO_LARGE"]);
});

test("an unknown limit is shown with its line, carets, and both ways to write it", () => {
  const text = sampleWith(["max_daily_spend_usd: 2000", "max_daily_spend: 2000"]);
  expect(() => parseMandate(text, { file: "MANDATE.md", worldWallet: WORLD_WALLET })).toThrow(
    [
      "MANDATE.md:13  max_daily_spend: no unit",
      "    13 |   max_daily_spend: 2000",
      "           ^^^^^^^^^^^^^^^",
      "did you mean max_daily_spend_usd (in USD), or max_daily_spend: { USDC: 2000 } (in units)?",
    ].join("\n"),
  );
});

test("a misspelt key names the right one and does not call that one missing as well", () => {
  const problems = problemsOf(sampleWith(["max_daily_loss_usd: 60", "max_dayly_loss_usd: 60"]));
  expect(problems.map(({ code, remedy }) => ({ code, remedy }))).toEqual([
    { code: "UNKNOWN_KEY", remedy: "did you mean max_daily_loss_usd?" },
  ]);
});

test("a value that YAML itself rules out is not called missing as well", () => {
  expect(problemsOf(sampleWith(["every: 60s", "every: *often"])).map(({ code }) => code)).toEqual(["NOT_PLAIN_YAML"]);
});

test("every problem of a file is reported at once, in the order of the file", () => {
  const problems = problemsOf(
    sampleWith(["id: sample", "id: S"], ["every: 60s", "every: 60"], ["max_slippage_bps: 50", "max_slippage_bps: -1"]),
  );
  expect(problems.map(({ line, path }) => `${line} ${path}`)).toEqual(["2 id", "6 every", "16 limits.max_slippage_bps"]);
});

test("what comes from the file cannot write to the reader's terminal", () => {
  const text = sampleWith(["venue: evm", 'venue: evm\n"\u001b[2J\u202Etitel": x']);
  const message = (() => {
    try {
      parseMandate(text, { file: "MANDATE.md" });
    } catch (error) {
      return error instanceof MandateFileError ? error.message : "";
    }
    return "";
  })();
  expect(message).toContain("unknown key");
  expect(message).not.toContain("\u001b");
  expect(message).not.toContain("\u202E");
});

test("amounts are what is written, digit for digit", () => {
  const exact = "12345678901234567890.123456789012345678";
  const { limits } = parseSample(...trade(exact), ["max_gas_usd_per_day: 5", "max_gas_usd_per_day: 0.3"]).terms;
  expect(limits.max_single_trade_usd.toString()).toBe(exact);
  expect(limits.max_gas_usd_per_day).toEqual(decimal("0.1").plus("0.2"));
});

test("lines that end as on Windows, and a byte order mark, make no difference", () => {
  const windows = parseMandate(`\uFEFF${SAMPLE.replaceAll("\n", "\r\n")}`, { file: "MANDATE.md", worldWallet: WORLD_WALLET });
  expect(windows).toEqual(parseSample());
});

test("documented defaults hold for what is not written, and are named", () => {
  const { terms, brief, defaulted } = parseSample([
    "  max_slippage_bps: 50\n  max_trades_per_hour: 6\n  stop_loss_pct: 8\n  max_gas_usd_per_day: 5\n  max_llm_usd_per_day: 1.00\n  require_human_approval_above_usd: 400\n",
    "",
  ]);
  expect(terms.limits).toMatchObject({
    allowed_contracts: ["router"],
    allowed_recipients: [],
    max_single_trade: {},
    max_slippage_bps: decimal(50),
    max_exit_cost_bps: decimal(100),
    stop_loss_pct: decimal(5),
    max_trades_per_hour: decimal(10),
    cooldown_seconds: decimal(300),
    max_consecutive_failures: decimal(3),
    max_actions_per_plan: decimal(10),
    max_gas_usd_per_day: decimal(5),
    exit_gas_usd_per_day: decimal(2),
    max_llm_usd_per_day: decimal(1),
    require_human_approval_above_usd: "unlimited",
    max_deadline_seconds: decimal(300),
  });
  expect(defaulted).toHaveLength(42);
  expect(defaulted).not.toContain("max_single_trade_usd");
  expect(brief.wake).toEqual({ drift_points: decimal(5), price_pct: decimal(3), at_least_every: 6 * HOUR });
  expect(brief.plan).toEqual({ threshold_points: decimal(5), min_trade_usd: decimal(10), slippage_bps: decimal(50) });
  expect(brief.every).toBe(MINUTE);
});

test("the planner's default slippage is never above a tighter limit", () => {
  expect(parseSample(["max_slippage_bps: 50", "max_slippage_bps: 20"]).brief.plan.slippage_bps).toEqual(decimal(20));
});

test("exits may by default cost what any trade may, where that is more", () => {
  expect(parseSample(["max_slippage_bps: 50", "max_slippage_bps: 250"]).terms.limits.max_exit_cost_bps).toEqual(decimal(250));
});

test("a rehearsal uses the world's wallet and may leave limits open", () => {
  const { terms, rehearsal } = parseSample(["max_daily_loss_usd: 60", "max_daily_loss_usd: unlimited"]);
  expect(rehearsal).toBe(true);
  expect(terms.accounts).toEqual({ wallet: WORLD_WALLET });
  expect(terms.limits.max_daily_loss_usd).toBe("unlimited");
  expect(problemsOf(SAMPLE, { worldWallet: undefined }).map(({ code }) => code)).toEqual(["WALLET_REQUIRED"]);
});

test("a real network uses the wallet that is written, in lower case", () => {
  const { terms, rehearsal } = parseSample(ON_BASE, [
    "0x00000000000000000000000000000000000bbbbb",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  ]);
  expect(rehearsal).toBe(false);
  expect(terms.accounts).toEqual({ wallet: "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed" });
});

test("the network of the options wins over the file's line", () => {
  expect(parseMandate(SAMPLE, { file: "MANDATE.md", network: "base" }).terms.network).toBe("base");
  expect(problemsOf(SAMPLE, { network: "mainnet" })).toMatchObject([{ code: "UNKNOWN_NETWORK", line: 23 }]);
});

test("chains of a world and of the world outside cannot be mixed", () => {
  const second =
    "      other:\n        id: 1\n        rpc: https://eth.example\n        assets: {}\n        feeds: {}\n  base:\n    wallet";
  const codes = problemsOf(sampleWith(["  base:\n    wallet", second])).map(({ code }) => code);
  expect(codes).toContain("MIXED_NETWORK");
});

test("an unpriced token is held by limits in its own units", () => {
  const units =
    "max_single_trade: { GOV: 1.5 }\n  max_daily_spend: { GOV: 5 }\n  max_position_size: { GOV: 20 }\n  stop_loss_pct: 8";
  const { limits } = parseSample(...tokens("[WETH, USDC, GOV]"), ["stop_loss_pct: 8", units]).terms;
  expect(limits.max_single_trade).toEqual({ GOV: decimal("1.5") });
});
