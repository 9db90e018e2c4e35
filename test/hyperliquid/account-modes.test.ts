import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { bringBack } from "../../src/cli/operator/flatten-mandate.ts";
import { renderStanding } from "../../src/cli/operator/render-standing.ts";
import { MINUTE, SECOND } from "../../src/core/clock.ts";
import { MandateError } from "../../src/core/errors.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import type { AccountMode } from "../../src/worlds/paper-exchange/engine/state.ts";
import type { Trade } from "../attack/hyperliquid/support/requests.ts";
import { type LyingVenue, startLyingVenue } from "./support/lying-venue.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

/** Modes that are judged, and modes that are not. */
const APART: readonly AccountMode[] = ["default", "disabled"];
const POOLED: readonly AccountMode[] = ["unifiedAccount", "portfolioMargin", "dexAbstraction"];

/** No answer here is held back: one that is slow is waited for. */
const PATIENT = 60_000;

let venue: LyingVenue;
let house: TradingHouse;
beforeAll(async () => {
  venue = await startLyingVenue();
  const written = { max_single_trade_usd: "5000" };
  house = await openHouse({ via: venue.via, regime: "calm", operated: true, deadlineMs: PATIENT, written });
  await house.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 });
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await venue[Symbol.asyncDispose]();
});
/** An honest venue, and a position to get out of. */
beforeEach(async () => {
  const { exchange, account } = house;
  venue.honest();
  exchange.exchange.setMode(account.address, "default");
  await exchange.advance((await exchange.now()) + 2 * MINUTE);
  const held = Number(exchange.exchange.perpState(account.address).assetPositions[0]?.position.szi ?? 0);
  const missing = Math.round((0.03 - held) * 1_000) / 1_000;
  if (missing > 0) expect(await told(house.act(await taking(true, String(missing))))).toBe("confirmed");
});

async function taking(b: boolean, s: string): Promise<Trade> {
  const p = String(Math.round((await house.price("BTC")) * (b ? 1.005 : 0.995)));
  return { type: "order", orders: [{ a: 0, b, p, s, r: !b, t: { limit: { tif: "Ioc" } } }], grouping: "na" };
}

/** What came of a request: its kind, the codes that it was denied by, or the code of what was thrown. */
async function told(call: Promise<Outcome>): Promise<string> {
  try {
    const outcome = await call;
    if (outcome.kind !== "refused") return outcome.kind;
    return outcome.verdict.kind === "deny" ? outcome.verdict.violations.map(({ code }) => code).join() : outcome.verdict.kind;
  } catch (error) {
    if (error instanceof MandateError) return error.code;
    throw error;
  }
}

/** What becomes of an order that opens, and in the next cycle of one that closes, once no word for the mode stands any more. */
async function tried(): Promise<readonly [string, string]> {
  await house.exchange.advance((await house.exchange.now()) + 11 * SECOND);
  return [await told(house.act(await taking(true, "0.002"))), await told(house.act(await taking(false, "0.002")))];
}

const BARRED = ["ACCOUNT_MODE", "confirmed"] as const;

test("a mode that somebody sets while the gateway runs bars what opens at the next look, makes no high, and keeps nobody in", async () => {
  const { exchange, account } = house;
  const high = () => house.opened.stream.state.highWaterUsd?.toFixed();
  const before = high();
  for (const mode of POOLED) {
    exchange.exchange.setMode(account.address, mode);
    exchange.exchange.deposit(account.address, "50");
    expect(await tried(), mode).toEqual(BARRED);
    expect(high()).toBe(before);
  }
  for (const mode of APART) {
    exchange.exchange.setMode(account.address, mode);
    expect(await tried(), mode).toEqual(["confirmed", "confirmed"]);
  }
  expect(high()).not.toBe(before);
});

test("a word that is no mode, and an answer that is no word, open nothing and bar no exit", async () => {
  for (const odd of [
    null,
    7,
    true,
    "",
    "Default",
    "default ",
    "standard",
    "__proto__",
    "x".repeat(10_000),
    [],
    ["default"],
    {},
  ]) {
    venue.lie("userAbstraction", () => odd);
    expect(await tried(), JSON.stringify(odd).slice(0, 40)).toEqual(BARRED);
  }
});

test("a question that is not understood, cut off or refused opens nothing and bars no exit", async () => {
  const ways: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ["ACCOUNT_MODE", (response) => response.writeHead(422).end("Failed to deserialize the JSON body into the target type")],
    ["CHAIN_UNREACHABLE", (response) => response.destroy()],
    ["CHAIN_UNREACHABLE", (response) => response.writeHead(502).end()],
    // Past what the venue takes, agents wait for a minute as after any other question.
    ["RATE_LIMITED", (response) => response.writeHead(429).end()],
  ];
  for (const [code, way] of ways) {
    venue.answer("userAbstraction", way);
    expect(await tried(), code).toEqual([code, "confirmed"]);
  }
});

test("a word that the account's own spot contradicts is not believed", async () => {
  const marks = [
    { portfolioMarginEnabled: true },
    { tokenToAvailableAfterMaintenance: [[0, "10000.0"]] },
    // In no form of its own may a mark keep the balances from being read.
    { portfolioMarginEnabled: "yes" },
    { portfolioMarginEnabled: { since: 0.5 } },
    { tokenToAvailableAfterMaintenance: { 0: "10000.0" } },
    { tokenToAvailableAfterMaintenance: JSON.parse(`${"[".repeat(1_000)}${"]".repeat(1_000)}`) },
  ];
  for (const mark of marks) {
    venue.lie("spotClearinghouseState", (said) => ({ ...(said as object), ...mark }));
    expect(await tried(), JSON.stringify(mark).slice(0, 80)).toEqual(BARRED);
  }
  const none = { portfolioMarginEnabled: false, tokenToAvailableAfterMaintenance: [] };
  venue.lie("spotClearinghouseState", (said) => ({ ...(said as object), ...none }));
  expect(await tried()).toEqual(["confirmed", "confirmed"]);
});

test("no action that changes the mode is signed, whoever asks", async () => {
  let sent = 0;
  venue.lie("exchange", (said) => {
    sent += 1;
    return said;
  });
  const user = house.account.address;
  const signed = { signatureChainId: "0x66eee", hyperliquidChain: "Testnet", user, nonce: await house.exchange.now() };
  const actions: readonly Readonly<Record<string, unknown>>[] = [
    { type: "agentSetAbstraction", abstraction: "u" },
    { type: "agentEnableDexAbstraction" },
    { type: "userSetAbstraction", ...signed, abstraction: "unifiedAccount" },
    { type: "userDexAbstraction", ...signed, enabled: true },
    { type: "userPortfolioMargin", ...signed, enabled: true },
  ];
  for (const action of actions)
    expect(await told(house.act(action as unknown as HyperliquidAction["action"])), String(action.type)).toBe(
      "ACTION_NOT_ALLOWED",
    );
  expect(sent).toBe(0);
});

test("a first start takes no account in a mode that is not judged, nor one of which the venue does not say", async () => {
  for (const answer of ["unifiedAccount", { mode: "default" }]) {
    await using other = await startLyingVenue();
    other.lie("userAbstraction", () => answer);
    await expect(openHouse({ via: other.via, deadlineMs: PATIENT })).rejects.toMatchObject({
      code: "ACCOUNT_MODE",
      remedy: expect.stringMatching(/Standard/),
    });
  }
});

test.each([
  ["cuts the question off", (response: ServerResponse) => void response.destroy()],
  ["says that it is too much", (response: ServerResponse) => void response.writeHead(429).end()],
])("a venue that %s has said nothing of the mode: a first start fails with that, and passes a moment later", async (_, way) => {
  await using other = await startLyingVenue();
  let asked = 0;
  other.answer("userAbstraction", (response) => {
    asked += 1;
    other.honest();
    way(response);
  });
  // What passes is waited out there.
  await using late = await openHouse({ via: other.via, deadlineMs: PATIENT });
  expect([asked, late.opened.stream.state.pinned !== null]).toEqual([1, true]);
});

test("a drawdown ends what could open, though the venue is silent about the mode", async () => {
  await using other = await startLyingVenue();
  const written = { stop_loss_pct: "3", order_expiry_seconds: "86400" };
  await using stopping = await openHouse({ via: other.via, regime: "calm", deadlineMs: PATIENT, written });
  const { exchange, account, opened } = stopping;
  const p = String(Math.round((await stopping.price("BTC")) * 0.9));
  const rests: Trade = {
    type: "order",
    orders: [{ a: 0, b: true, p, s: "0.002", r: false, t: { limit: { tif: "Gtc" } } }],
    grouping: "na",
  };
  expect(await told(stopping.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 }, rests))).toBe("open");
  other.answer("userAbstraction", (response) => response.destroy());
  exchange.exchange.usdSend(account.address, exchange.accounts[1]?.address ?? "0x", "500");
  await exchange.advance((await exchange.now()) + MINUTE);
  await opened.gateway.keep();
  expect(exchange.exchange.openOrders(account.address)).toEqual([]);
});

test("a later start in such a mode goes on: it says so where a person looks, opens nothing, and goes home", async () => {
  const { exchange, account, mandate } = house;
  exchange.exchange.setMode(account.address, "unifiedAccount");
  const { desk } = await house.reopen();
  if (!desk || !house.operatorKey) throw new Error("no operator");
  expect(await tried()).toEqual(BARRED);
  const operator = operatorAt(desk, house.operatorKey);
  const standing = await operator.standing();
  expect(standing.modes).toMatchObject([{ exchange: "hl", problem: expect.stringMatching(/^the account is a unified account/) }]);
  expect(renderStanding(standing)).toContain("hl opens nothing: the account is a unified account");
  exchange.exchange.setMode(account.address, "default");
  const honest = await operator.standing();
  expect([honest.modes, honest.hash]).toEqual([[], standing.hash]);
  exchange.exchange.setMode(account.address, "unifiedAccount");
  await operator.freeze("home");
  expect(await bringBack(mandate, { hl: exchange.http }, operator, () => undefined, { clock: exchange.clock })).toMatchObject({
    home: true,
  });
});
