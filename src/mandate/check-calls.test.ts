import { expect, test } from "vitest";
import { MandateFileError } from "./mandate-file-error.ts";
import { type Change, parseSample } from "./testing/sample-mandate.ts";
import { toolAllowed } from "./tool-allowed.ts";

const limit = (text: string): Change => ["  max_slippage_bps: 50", `  ${text}\n  max_slippage_bps: 50`];
const rules = (text: string) => limit(`allowed_calls: ${text}`);

function problem(...changes: readonly Change[]) {
  try {
    parseSample(...changes);
  } catch (error) {
    if (error instanceof MandateFileError) return error.problems.map(({ code, path }) => [code, path]);
    throw error;
  }
  return [];
}

test("conditions are read as equal, one of, own and a range, in raw integers", () => {
  const { terms } = parseSample(
    rules(
      "{ router: { exactInputSingle: { params.fee: 500, params.recipient: own, params.amountIn: { max: 1000 }, params.tokenOut: [0xABcdEFABcdEFabcdEfAbCdefabcdeFABcDEFabCD] } } }",
    ),
  );
  expect(terms.limits.allowed_calls).toEqual({
    router: {
      exactInputSingle: {
        "params.fee": { one_of: ["500"] },
        "params.recipient": { own: true },
        "params.amountIn": { max: "1000" },
        "params.tokenOut": { one_of: [`0x${"abcdef".repeat(7).slice(0, 40)}`] },
      },
    },
  });
});

test.each([
  ["an unknown contract", "{ ruter: { exactInput: {} } }", "UNKNOWN_CONTRACT", "ruter"],
  ["a contract that is only read", "{ factory: { createPool: {} } }", "UNKNOWN_CONTRACT", "factory"],
  ["an unknown function", "{ router: { exactInputSingel: {} } }", "UNKNOWN_FUNCTION", "router.exactInputSingel"],
  ["a function that only reads", "{ USDC: { balanceOf: {} } }", "UNKNOWN_FUNCTION", "USDC.balanceOf"],
  ["an unknown argument", "{ router: { exactInputSingle: { fee: 500 } } }", "UNKNOWN_ARGUMENT", "router.exactInputSingle.fee"],
  [
    "a tuple as a whole",
    "{ router: { exactInputSingle: { params: 500 } } }",
    "UNKNOWN_ARGUMENT",
    "router.exactInputSingle.params",
  ],
  ["a member of what is no list", '{ USDC: { approve: { "amount[0]": 1 } } }', "UNKNOWN_ARGUMENT", "USDC.approve.amount[0]"],
  ["text for a number", "{ USDC: { approve: { amount: lots } } }", "BAD_VALUE", "USDC.approve.amount"],
  ["a decimal for a raw integer", "{ USDC: { approve: { amount: 0.5 } } }", "BAD_VALUE", "USDC.approve.amount"],
  ["own for a number", "{ USDC: { approve: { amount: own } } }", "BAD_VALUE", "USDC.approve.amount"],
  ["a range of addresses", "{ USDC: { approve: { spender: { min: 1 } } } }", "BAD_VALUE", "USDC.approve.spender"],
  ["an empty range", "{ USDC: { approve: { amount: { min: 2, max: 1 } } } }", "BAD_VALUE", "USDC.approve.amount"],
])("%s is refused where it stands", (_, text, code, path) => {
  expect(problem(rules(text))).toEqual([[code, `limits.allowed_calls.${path}`]]);
});

test("members of lists and of tuples are found by their type", () => {
  expect(problem(rules('{ router: { multicall: { "data[*]": "0x00", deadline: { max: 5 } } } }'))).toEqual([]);
});

test("a kind of contract that cannot be called is refused, and a decider that is not allowed", () => {
  expect(problem(limit("allowed_protocols: [uniswap-v3-router02, erc4626]"))).toEqual([]);
  expect(problem(limit("allowed_protocols: [uniswap-v3-factory]"))).toEqual([["BAD_VALUE", "limits.allowed_protocols.0"]]);
  expect(problem(limit("allowed_deciders: [structured]"))).toEqual([]);
  expect(problem(limit("allowed_deciders: [other]"))).toEqual([["CONFLICT", "decider"]]);
});

test("tools are allowed by name, or all of them", () => {
  const limits = (text: string) => parseSample(limit(text)).terms.limits;
  expect(toolAllowed(parseSample().terms.limits, "anything")).toBe(true);
  expect(toolAllowed(limits("allowed_tools: [quote]"), "quote")).toBe(true);
  expect(toolAllowed(limits("allowed_tools: [quote]"), "send")).toBe(false);
  expect(toolAllowed(limits("allowed_tools: []"), "quote")).toBe(false);
});

test("a fleet names its budget, and needs numbers where a real key signs", () => {
  const fleet = (text: string): Change => ["\nlimits:", `\nfleet: ${text}\n\nlimits:`];
  const { terms } = parseSample(fleet("{ id: desk, max_daily_spend_usd: 5000, max_daily_loss_usd: unlimited }"));
  expect(terms.fleet).toMatchObject({ id: "desk", max_weekly_spend_usd: "unlimited", max_daily_loss_usd: "unlimited" });
  const live: Change = ["network: rehearsal", "network: base"];
  expect(problem(live, fleet("{ id: desk, max_daily_spend_usd: 5000, max_daily_loss_usd: unlimited }"))).toEqual([
    ["MUST_BE_FINITE", "fleet.max_daily_loss_usd"],
  ]);
});
