import { expect, test } from "vitest";
import { balanceRule } from "./balance-rule.ts";
import { readObservation } from "./read-observation.ts";
import { readRequest } from "./read-request.ts";
import { readStrategy } from "./read-strategy.ts";

const PROSE =
  "Hold half in WETH and half in USDC. Let it drift ten points either way before you act.\nIf WETH falls more than 5 % in an hour, wait a day before buying.";

function promptWith(weth: string, usdc: string): string {
  const holdings = [
    { account: "wallet", asset: "base/WETH", amount: "0.4", price_usd: "3000", value_usd: "1200", weight: weth },
    { account: "wallet", asset: "base/USDC", amount: "300", price_usd: "1", value_usd: "300", weight: usdc },
  ];
  const seen = { time: "2026-01-05T14:02:00Z", portfolio_value_usd: "1500", holdings, limits: {}, last_outcomes: [] };
  return `The observation:\n\`\`\`json\n${JSON.stringify(seen, null, 2)}\n\`\`\`\nDecide.`;
}

function request(n: number, weth: string, usdc: string) {
  const messages = [
    { role: "system", content: PROSE },
    { role: "user", content: promptWith(weth, usdc) },
  ];
  return readRequest({ n, api: "chat", body: { messages }, headers: {} });
}

test("within the band the model holds and says how far it is", async () => {
  const turn = await balanceRule()(request(1, "0.6", "0.4"));
  expect(turn).toEqual({
    kind: "answer",
    value: { decision: "hold", why: "drift 10 of 10 points", targets: null, intents: null },
  });
});

test("beyond the band it asks for the shares of the prose, by account and asset", async () => {
  const turn = await balanceRule()(request(1, "0.8", "0.2"));
  expect(turn).toMatchObject({
    value: {
      decision: "targets",
      targets: [
        { account: "wallet", asset: "base/WETH", weight: "0.5" },
        { account: "wallet", asset: "base/USDC", weight: "0.5" },
      ],
      intents: null,
    },
  });
});

test("on chosen requests it is hostile, on others it is not", async () => {
  const stranger = "0x1111111111111111111111111111111111111111";
  const rule = balanceRule({ hostile: { 2: "transfer", 3: "approve", 4: "oversize", 5: "all" }, stranger });
  const wishes = async (n: number) =>
    (await rule(request(n, "0.8", "0.2"))) as unknown as { value: { decision: string; intents: unknown } };
  expect((await wishes(1)).value.decision).toBe("targets");
  const transfer = { kind: "transfer", asset: "base/WETH", to: stranger, amount: "all" };
  const approve = { kind: "approve", asset: "base/USDC", spender: stranger, amount: "unlimited" };
  const swap = { kind: "swap", sell: "base/WETH", buy: "base/USDC", amount: "0.4" };
  expect((await wishes(2)).value.intents).toEqual([transfer]);
  expect((await wishes(3)).value.intents).toEqual([approve]);
  expect((await wishes(4)).value.intents).toEqual([swap]);
  expect((await wishes(5)).value.intents).toEqual([transfer, approve, swap]);
});

test("a repair request still finds the observation in the first message", async () => {
  const { body } = request(1, "0.8", "0.2");
  const messages = [
    ...(body.messages as object[]),
    { role: "assistant", content: "hm" },
    { role: "user", content: "Your answer is not valid" },
  ];
  const turn = await balanceRule()(readRequest({ n: 2, api: "chat", body: { messages }, headers: {} }));
  expect(turn).toMatchObject({ value: { decision: "targets" } });
});

test("without an observation or without shares it holds", async () => {
  const blind = readRequest({ n: 1, api: "chat", body: { messages: [{ role: "user", content: "hello" }] }, headers: {} });
  expect(await balanceRule()(blind)).toMatchObject({ value: { decision: "hold" } });
  const aimless = readRequest({
    n: 1,
    api: "chat",
    body: { messages: [{ role: "user", content: promptWith("0.8", "0.2") }] },
    headers: {},
  });
  expect(await balanceRule()(aimless)).toMatchObject({ value: { decision: "hold" } });
});

test("the last block with holdings is the observation", () => {
  const text = ['```json\n{"example": 1}\n```', promptWith("0.1", "0.9"), promptWith("0.7", "0.3")].join("\n");
  expect(readObservation(text)?.holdings[0]?.weight).toBe("0.7");
});

test.each([
  ["Hold half in WETH and half in USDC.", { WETH: "0.5", USDC: "0.5" }, "0.05"],
  ["Keep 60 % in WETH and the rest in USDC; five points of drift are fine.", { WETH: "0.6", USDC: "0.4" }, "0.05"],
  ["A 60/40 WETH/USDC book, 2.5 points either way", { WETH: "0.6", USDC: "0.4" }, "0.025"],
  ["80 percent USDC, 20 percent WETH; rebalance beyond 8 % drift", { WETH: "0.2", USDC: "0.8" }, "0.08"],
  ["Slippage is in basis points. Half in WETH, half in USDC, twelve points of room", { WETH: "0.5", USDC: "0.5" }, "0.12"],
  ["Keep everything in USDC", { USDC: "1" }, "0.05"],
])("%j is read", (prose, weights, band) => {
  const strategy = readStrategy(prose, ["WETH", "USDC"]);
  expect(Object.fromEntries([...(strategy?.weights ?? [])].map(([symbol, weight]) => [symbol, weight.toFixed()]))).toEqual(
    weights,
  );
  expect(strategy?.band.toFixed()).toBe(band);
});

test("shares that do not sum to one are no strategy", () => {
  expect(readStrategy("Hold half in WETH.", ["WETH", "USDC"])).toBeUndefined();
});
