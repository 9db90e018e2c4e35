import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND, systemClock } from "../../src/core/clock.ts";
import type { Hex } from "../../src/core/hex.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { startKeeper } from "../../src/gateway/serve/keeper.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { mandateText, openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

/** Stands for a real API wallet: no rehearsal knows it. */
const API_KEY: Hex = `0x${"6d".repeat(32)}`;
const PASSWORD = "correct horse";
const EXPIRY = 3;

const leverage: Trade = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };

function rests(price: number): Trade {
  const order = {
    a: 0,
    b: true,
    p: String(Math.round(price * 0.9)),
    s: "0.002",
    r: false,
    t: { limit: { tif: "Gtc" as const } },
  };
  return { type: "order", orders: [order], grouping: "na" };
}

function stop(price: number): Trade {
  const trigger = { isMarket: false, triggerPx: String(Math.round(price * 0.9)), tpsl: "sl" as const };
  const order = { a: 0, b: false, p: String(Math.round(price * 0.897)), s: "0.01", r: true, t: { trigger } };
  return { type: "order", orders: [order], grouping: "na" };
}

const resting = (exchange: PaperExchange, address: Hex) => exchange.exchange.openOrders(address);

/** A keeper by the exchange's own time, and that time passing until an instant. */
async function kept(house: TradingHouse, until: number): Promise<void> {
  const passed = Promise.withResolvers<void>();
  const clock = {
    now: () => house.exchange.now(),
    async sleep(next: number) {
      if (next > until) passed.resolve();
      else await house.exchange.advance(next);
      if (next > until) await new Promise(() => undefined);
    },
  };
  startKeeper({
    gateway: house.opened.gateway,
    clock,
    every: 5 * SECOND,
    onError: (_, error) => passed.reject(error),
  });
  await passed.promise;
}

test("nobody asks any more, and an order that could open is gone at its time; a stop stays", async () => {
  await using house = await openHouse({ written: { order_expiry_seconds: "120" }, regime: "calm" });
  const price = await house.price("BTC");
  const buy = { a: 0, b: true, p: String(Math.round(price * 1.005)), s: "0.01", r: false, t: { limit: { tif: "Ioc" as const } } };
  await house.act(leverage, { type: "order", orders: [buy], grouping: "na" });
  expect((await house.act(stop(price))).kind).toBe("open");
  expect((await house.act(rests(price))).kind).toBe("open");
  const placed = await house.exchange.now();
  const asked = house.exchange.exchange.openOrders(house.account.address).length;
  expect(asked).toBe(2);
  await kept(house, placed + 115 * SECOND);
  expect(resting(house.exchange, house.account.address)).toHaveLength(2);
  await kept(house, placed + 130 * SECOND);
  const left = resting(house.exchange, house.account.address);
  expect(left.map(({ reduceOnly }) => reduceOnly)).toEqual([true]);
});

test("a gateway that was started anew ends at its time what the one before let rest", async () => {
  await using house = await openHouse({ written: { order_expiry_seconds: "120" }, regime: "calm" });
  const price = await house.price("BTC");
  expect((await house.act(leverage, rests(price))).kind).toBe("open");
  const placed = await house.exchange.now();
  await house.reopen();
  await kept(house, placed + 115 * SECOND);
  expect(resting(house.exchange, house.account.address)).toHaveLength(1);
  await kept(house, placed + 130 * SECOND);
  expect(resting(house.exchange, house.account.address)).toEqual([]);
});

test("a drawdown ends what could open, though nobody asks", async () => {
  await using house = await openHouse({ written: { stop_loss_pct: "3", order_expiry_seconds: "86400" }, regime: "calm" });
  const price = await house.price("BTC");
  expect((await house.act(leverage, rests(price))).kind).toBe("open");
  // What is gone from the account counts, whichever way it went.
  house.exchange.exchange.usdSend(house.account.address, house.exchange.accounts[1]?.address ?? "0x", "500");
  await kept(house, (await house.exchange.now()) + 2 * MINUTE);
  expect(resting(house.exchange, house.account.address)).toEqual([]);
});

test("a scheduled cancel that the mandate asks for goes over the wire and ends everything that rests at its time", async () => {
  await using house = await openHouse({
    written: { allow_schedule_cancel: "yes" },
    switches: { scheduleCancelVolume: "0" },
    regime: "calm",
  });
  const price = await house.price("BTC");
  expect((await house.act(leverage, rests(price))).kind).toBe("open");
  const at = (await house.exchange.now()) + HOUR;
  expect((await house.act({ type: "scheduleCancel", time: at })).kind).toBe("confirmed");
  await house.exchange.advance(at - SECOND);
  expect(resting(house.exchange, house.account.address)).toHaveLength(1);
  await house.exchange.advance(at);
  expect(resting(house.exchange, house.account.address)).toEqual([]);
  expect(await house.settle()).toMatchObject([{ kind: "confirmed" }]);
});

test("what a freeze ends is gone at once, without another look", async () => {
  await using house = await openHouse({ operated: true, regime: "calm" });
  const price = await house.price("BTC");
  expect((await house.act(leverage, rests(price))).kind).toBe("open");
  const { desk } = house.opened;
  if (!desk || !house.operatorKey) throw new TypeError("no operator");
  await operatorAt(desk, house.operatorKey).freeze("enough");
  expect(resting(house.exchange, house.account.address)).toEqual([]);
});

test("the agent's process is killed: the gateway's cancels the order that rests, at its time, alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "keeper-"));
  await using exchange = await startPaperExchange({
    seed: "keeper",
    usdc: 10_000,
    start: await systemClock.now(),
    step: SECOND,
    regime: "calm",
  });
  const [account] = exchange.accounts;
  if (!account) throw new TypeError("no account");
  const signer = privateKeyToAccount(API_KEY);
  const transport = new HttpTransport({ apiUrl: exchange.http, isTestnet: true });
  const owner = new ExchangeClient({ transport, wallet: privateKeyToAccount(account.private_key) });
  await owner.approveAgent({ agentAddress: signer.address, agentName: "agent" });
  const price = Number(exchange.exchange.perpContexts()[0]?.oraclePx);
  writeFileSync(join(folder, "key.json"), sealKeystore({ privateKey: API_KEY, class: "live", password: PASSWORD }));
  const file = join(folder, "MANDATE.md");
  const pin = '"BTC:perp": { asset: 0, sz_decimals: 5, min_day_volume_usd: 0, min_open_interest_usd: 0 }';
  const text = mandateText({ order_expiry_seconds: String(EXPIRY) }, [pin])
    .replace("api: world", `api: ${exchange.http}\n        network: testnet`)
    .replace("network: rehearsal", "network: paper")
    .replace("  rehearsal:\n", `  paper:\n    wallet: "${account.address}"\n`);
  writeFileSync(file, text);
  const gateway = await startGatewayProcess({
    file,
    home: join(folder, "home"),
    socket: join(folder, "gateway.sock"),
    keystore: join(folder, "key.json"),
    password: PASSWORD,
    live: true,
  });
  try {
    const asked = JSON.stringify([[leverage, rests(price)]]);
    const agent = fork(join(import.meta.dirname, "support", "resting-agent.ts"), [gateway.socket, gateway.wallet, asked], {
      execArgv: [],
    });
    const ended = new Promise((resolve) => agent.once("exit", (_, signal) => resolve(signal)));
    const kinds = await new Promise((resolve, reject) => {
      agent.once("message", resolve);
      agent.once("exit", () => reject(new TypeError("the agent ended")));
    });
    agent.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    expect(kinds).toEqual(["open"]);
    const [order] = resting(exchange, account.address);
    if (!order) return expect.unreachable("the order rests");
    // The exchange goes by the machine's time here, as the venue does.
    for (let now = await systemClock.now(); resting(exchange, account.address).length > 0; ) {
      expect(now).toBeLessThan(order.timestamp + MINUTE);
      await systemClock.sleep(now + 100);
      now = await systemClock.now();
      await exchange.advance(now);
    }
    const [ends] = exchange.exchange.historicalOrders(account.address);
    expect(ends).toMatchObject({ status: "canceled" });
    expect((ends?.statusTimestamp ?? 0) - order.timestamp).toBeGreaterThanOrEqual((EXPIRY - 1) * SECOND);
  } finally {
    await gateway.stop();
  }
  expect(await verifyJournal(join(folder, "home", "journal.sqlite"))).toMatchObject({ ok: true });
  rmSync(folder, { recursive: true });
});
