import { maxUint256 } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { Action, Effects } from "../../src/protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { depositCall, mintSharesCall, redeemCall, withdrawCall } from "../../src/protocols/erc4626.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse } from "../support/house.ts";
import { HOSTILE_LIMITS } from "../support/refusal.ts";
import { codesOf, STRANGER } from "../support/standing.ts";
import { FULL_BOOK } from "./support/full-book.ts";

const LIMITS = { ...HOSTILE_LIMITS, allowed_tokens: ["WETH", "USDC", "vUSDC"], max_daily_spend_usd: 150 };
const { USDC, vUSDC } = FULL_BOOK.chains.base.assets;
const USD = 10n ** 6n;
const own = REHEARSAL_WALLET;

let house: House;
const open = async (limits: Readonly<Record<string, unknown>> = {}) => {
  house = await openHouse({ limits: { ...LIMITS, ...limits }, book: FULL_BOOK });
};
beforeEach(() => open({ allow_unfloored: ["vUSDC"] }));
afterEach(() => house[Symbol.asyncDispose]());

const allow = (units: bigint): Action => evmAction(encodeApprove(USDC.address, vUSDC.address, units));
const deposit = (units: bigint, to = own) => [allow(units), evmAction(depositCall(vUSDC.address, units, to))];
const act = async (...actions: readonly Action[]): Promise<Outcome | undefined> => (await house.act(actions))[0];

async function effectsOf(...actions: readonly Action[]): Promise<Effects> {
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const [first, ...rest] = actions;
  if (!first) throw new TypeError("no action");
  return (await gateway.preview({ wallet, lease, cycle, step: 1, actions: [first, ...rest] })).effects;
}
const spent = async () => {
  const { budgets } = await house.opened.gateway.state(house.opened.wallet);
  return Object.fromEntries(budgets.map(({ budget, used }) => [budget, used.toFixed(2)]));
};

test("a deposit that the mandate trusts is spend at its full outflow, and its shares are worth what they redeem", async () => {
  expect(await effectsOf(...deposit(100n * USD))).toMatchObject({
    unfloored: [{ contract: "vUSDC", account: "wallet", asset: "base/USDC" }],
    unknown: [],
  });
  const outcome = await act(...deposit(100n * USD));
  expect(outcome?.kind).toBe("confirmed");
  expect(await spent()).toMatchObject({ max_daily_spend_usd: "100.00", max_daily_loss_usd: "0.00" });
  const { before } = await effectsOf(allow(0n));
  expect(before.find(({ asset }) => asset === "base/vUSDC")?.amount.toFixed()).toBe("100");
  expect(codesOf(await act(...deposit(60n * USD)))).toEqual(["DAILY_SPEND"]);
});

test("a vault's profit is in the portfolio's value: shares are priced by what they redeem", async () => {
  await act(...deposit(100n * USD));
  const value = async () => (await house.opened.gateway.state(house.opened.wallet)).high_water_usd?.toNumber() ?? 0;
  await house.opened.gateway.open(house.opened.wallet);
  const before = await value();
  await house.world.fund(vUSDC.address, { USDC: "10" });
  await house.opened.gateway.open(house.opened.wallet);
  expect((await value()) - before).toBeCloseTo(10, 3);
});

test("a deposit that the mandate does not trust is refused, and a mint at a fair price is not", async () => {
  await house[Symbol.asyncDispose]();
  await open();
  expect(codesOf(await act(...deposit(100n * USD)))).toEqual(["NO_FLOOR", "SLIPPAGE", "DAILY_LOSS"]);
  const dear = [allow(110n * USD), evmAction(mintSharesCall(vUSDC.address, 100n * USD, own)), allow(0n)];
  expect(codesOf(await act(...dear))).toContain("SLIPPAGE");
  const fair = [allow(100n * USD), evmAction(mintSharesCall(vUSDC.address, 100n * USD, own)), allow(0n)];
  expect((await act(...fair))?.kind).toBe("confirmed");
});

test("an allowance over more than is held that a mint would leave is refused", async () => {
  const actions = [allow(maxUint256), evmAction(mintSharesCall(vUSDC.address, 100n * USD, own))];
  expect(codesOf(await act(...actions))).toContain("ALLOWANCE_LEFT");
});

test("withdrawing all of it is an exit that passes when nothing may be spent, larger than one trade too", async () => {
  await house[Symbol.asyncDispose]();
  await open({ allow_unfloored: ["vUSDC"], max_single_trade_usd: 60, max_trades_per_hour: 1, max_exit_cost_bps: 400 });
  expect((await act(...deposit(60n * USD)))?.kind).toBe("confirmed");
  expect((await act(...deposit(50n * USD)))?.kind).toBe("refused");
  await house.world.fund(vUSDC.address, { USDC: "40" });
  const out = await act(evmAction(withdrawCall(vUSDC.address, 99n * USD, own, own)));
  expect(codesOf(out)).toEqual([]);
  expect(out?.kind).toBe("confirmed");
  expect(await spent()).toMatchObject({ max_daily_spend_usd: "60.00" });
});

test("a withdrawal that could burn all shares for half of their worth is no exit", async () => {
  await act(...deposit(100n * USD));
  const codes = codesOf(await act(evmAction(withdrawCall(vUSDC.address, 50n * USD, own, own))));
  expect(codes).toContain("SLIPPAGE");
});

test("redeeming guarantees nothing: it is spend, and only where that is allowed", async () => {
  await act(...deposit(50n * USD));
  expect((await act(evmAction(redeemCall(vUSDC.address, 50n * USD, own, own))))?.kind).toBe("confirmed");
  expect(await spent()).toMatchObject({ max_daily_spend_usd: "100.00" });
});

test.each<readonly [string, () => readonly Action[], string]>([
  ["deposits for somebody else", () => deposit(10n * USD, STRANGER), "RECIPIENT_NOT_ALLOWED"],
  [
    "mints for somebody else",
    () => [allow(10n * USD), evmAction(mintSharesCall(vUSDC.address, 10n * USD, STRANGER)), allow(0n)],
    "RECIPIENT_NOT_ALLOWED",
  ],
  ["withdraws to somebody else", () => [evmAction(withdrawCall(vUSDC.address, USD, STRANGER, own))], "RECIPIENT_NOT_ALLOWED"],
  ["redeems to somebody else", () => [evmAction(redeemCall(vUSDC.address, USD, STRANGER, own))], "RECIPIENT_NOT_ALLOWED"],
  ["redeems for somebody else", () => [evmAction(redeemCall(vUSDC.address, USD, own, STRANGER))], "RECIPIENT_NOT_ALLOWED"],
  ["transfers shares away", () => [evmAction(encodeTransfer(vUSDC.address, STRANGER, USD))], "RECIPIENT_NOT_ALLOWED"],
  [
    "gives the vault money for nothing",
    () => [evmAction(encodeTransfer(USDC.address, vUSDC.address, USD))],
    "RECIPIENT_NOT_ALLOWED",
  ],
  [
    "approves more than is held",
    () => [allow(maxUint256), evmAction(depositCall(vUSDC.address, 10n * USD, own))],
    "ALLOWANCE_LEFT",
  ],
  ["deposits nothing", () => deposit(0n), "MALFORMED_CALL"],
])("a request that %s is refused", async (_, actions, code) => {
  await act(...deposit(20n * USD));
  expect(codesOf(await act(...actions()))).toContain(code);
});
