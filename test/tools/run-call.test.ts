import { expect, test } from "vitest";
import { AxError } from "../../src/cli/ax/ax-error.ts";
import { runCall } from "../../src/cli/ax/run-call.ts";
import { openToolHouse } from "./support/tool-house.ts";

const SWAP = { tool: "swap_tokens", args: { token_in: "USDC", token_out: "WETH", amount: "50" } };

test("what moves money is simulated and shown with what is left before a person is asked, and done after a yes", async () => {
  await using tools = await openToolHouse({ limits: { max_daily_spend_usd: 200 } });
  const said: string[] = [];
  let atQuestion: readonly string[] = [];
  const confirm = async () => {
    atQuestion = [...said];
    return true;
  };
  const ran = await runCall(tools, { say: (line) => said.push(line) }, { ...SWAP, dryRun: false, yes: false, confirm });
  expect(ran).toMatchObject({ confirmed: true, preview: { status: "simulated" }, result: { status: "success" } });
  expect(atQuestion.join("\n")).toContain("-50 (-50.00 USD)");
  expect(atQuestion.join("\n")).toContain("max_daily_spend_usd  150 of 200 USD");
});

test("a no, a dry run and nobody to ask each leave everything as it was", async () => {
  await using tools = await openToolHouse();
  const say = { say: () => undefined };
  expect(await runCall(tools, say, { ...SWAP, dryRun: false, yes: false, confirm: async () => false })).toMatchObject({
    confirmed: false,
    result: null,
  });
  expect(await runCall(tools, say, { ...SWAP, dryRun: true, yes: true, confirm: null })).toMatchObject({
    result: { status: "simulated" },
  });
  await expect(runCall(tools, say, { ...SWAP, dryRun: false, yes: false, confirm: null })).rejects.toThrow(AxError);
  expect((await tools.call("get_balance", { token: "USDC" })).data).toMatchObject({ amount: "300" });
});

test("a refusal is shown and nobody is asked", async () => {
  await using tools = await openToolHouse({ limits: { max_single_trade_usd: 10 } });
  const confirm = async () => {
    throw new TypeError("asked");
  };
  const ran = await runCall(tools, { say: () => undefined }, { ...SWAP, dryRun: false, yes: false, confirm });
  expect(ran).toMatchObject({ confirmed: null, result: { status: "blocked", error: { code: "risk_blocked" } } });
});

test("what would do worse than what was shown is not done, though a person said yes", async () => {
  await using tools = await openToolHouse();
  const { world } = tools.house;
  const confirm = async () => {
    await world.setTruePrice("WETH", "3300");
    return true;
  };
  const ran = await runCall(tools, { say: () => undefined }, { ...SWAP, dryRun: false, yes: false, confirm });
  expect(ran.result).toMatchObject({ status: "error", error: { code: "bundle_outdated" } });
  expect((await tools.call("get_balance", { token: "USDC" })).data).toMatchObject({ amount: "300" });
});

test("reading asks nobody", async () => {
  await using tools = await openToolHouse();
  const ran = await runCall(
    tools,
    { say: () => undefined },
    { tool: "get_price", args: { token: "WETH" }, dryRun: false, yes: false, confirm: null },
  );
  expect(ran).toMatchObject({ preview: null, confirmed: null, result: { status: "success" } });
});
