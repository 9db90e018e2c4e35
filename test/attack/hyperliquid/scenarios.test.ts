import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { DAY, HOUR, SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, max } from "../../../src/core/decimal.ts";
import type { Outcome } from "../../../src/gateway/contract.ts";
import { openWallet } from "../../../src/gateway/open-wallet.ts";
import { operatorAt } from "../../../src/gateway/operator/operator-desk.ts";
import { recoverSigner, wireSignature } from "../../../src/protocols/hyperliquid/recover-signer.ts";
import { l1TypedData } from "../../../src/protocols/hyperliquid/typed-data.ts";
import { openHouse, type TradingHouse } from "../../hyperliquid/support/trading-house.ts";
import { RAM } from "./support/attack-book.ts";
import { type BookScene, bookScene, breathe, pitOf } from "./support/book-optimise.ts";
import { type KeptRequest, keptBytes, offer } from "./support/kept-bytes.ts";
import type { BookLimits } from "./support/moves.ts";
import { heldIn, limitOrder, type Trade, worseBy } from "./support/requests.ts";

const UNHEDGED = 160;
const LIMITS: BookLimits = {
  max_single_trade_usd: 900,
  max_daily_spend_usd: 4_000,
  max_daily_loss_usd: 60,
  max_position_size_usd: 1_000,
  max_slippage_bps: 80,
  max_exit_cost_bps: 150,
  max_leverage: 2,
  margin_mode: "isolated",
  max_margin_at_risk_usd: 2_000,
  max_unhedged_usd: UNHEDGED,
  max_open_orders: 10,
  min_liquidation_distance_pct: 5,
  order_expiry_seconds: 3_600,
  stop_loss_pct: 40,
  max_consecutive_failures: 20,
  allow_schedule_cancel: false,
};

const ioc = (pit: ReturnType<typeof pitOf>, b: boolean, p: string, s: string, r = false): Trade => ({
  type: "order",
  orders: [limitOrder(pit, b, p, s, r, "Ioc")],
  grouping: "na",
});

function operatorOf({ opened, operatorKey }: TradingHouse) {
  if (!opened.desk || !operatorKey) throw new TypeError("the house has no operator");
  return operatorAt(opened.desk, operatorKey);
}

function codes(outcome: Outcome): readonly string[] {
  return outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations.map(({ code }) => code) : [];
}

/** HYPE bought in spot and sold short as a perpetual, with a stop on the short, and then frozen. */
async function frozenHedge(): Promise<BookScene & AsyncDisposable> {
  const at = await bookScene(LIMITS);
  const [perp, spot] = [pitOf("HYPE:perp"), pitOf("HYPE:spot")];
  const { house, floor } = at;
  const size = "20";
  expect((await house.act({ type: "updateLeverage", asset: perp.asset, isCross: false, leverage: 2 })).kind).toBe("confirmed");
  expect((await house.act(ioc(spot, true, worseBy(floor, spot, true, decimal(10)), size))).kind).toBe("confirmed");
  expect((await house.act(ioc(perp, false, worseBy(floor, perp, false, decimal(10)), size))).kind).toBe("confirmed");
  const triggerPx = floor.oracle(perp).times("1.1").toFixed();
  const trigger = { isMarket: false, triggerPx, tpsl: "sl" as const };
  const stop = { a: perp.asset, b: true, p: worseBy(floor, perp, true, decimal(50), decimal(triggerPx)), s: "0.5", r: true };
  expect((await house.act({ type: "order", orders: [{ ...stop, t: { trigger } }], grouping: "na" })).kind).toBe("open");
  await operatorOf(house).freeze("a hedge");
  return at;
}

const undoing = fc.oneof(
  fc.record({ do: fc.constant("close" as const), spot: fc.boolean(), share: fc.constantFrom(0.03, 0.06, 0.1, 0.1, 0.3, 1) }),
  fc.record({ do: fc.constant("cancel" as const) }),
  fc.record({ do: fc.constant("trigger" as const) }),
  fc.record({ do: fc.constant("rest" as const), share: fc.constantFrom(0.06, 0.3) }),
);

test("scenario 4 at the exchange: whatever legs and stops of a frozen hedge are closed in whatever order, no more than max_unhedged is ever bare, and no stop is taken away", async () => {
  let [closed, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(undoing, { minLength: 3, maxLength: 8 }), async (steps) => {
      await using at = await frozenHedge();
      const { house, floor } = at;
      const [perp, spot] = [pitOf("HYPE:perp"), pitOf("HYPE:spot")];
      const net = () => heldIn(house, perp).plus(heldIn(house, spot)).times(floor.truth(perp)).abs();
      let stops = 1;
      const stopsNow = () =>
        house.exchange.exchange.openOrders(house.account.address).filter(({ isTrigger }) => isTrigger).length;
      // What the spot's fee took is bare from the start.
      const most: Decimal = max(decimal(UNHEDGED), net());
      for (const step of steps) {
        await breathe(at);
        if (step.do === "trigger") {
          await floor.drag(perp, 1.12, 30);
          floor.stand(perp, "ask", floor.truth(perp).times("1.1"));
          await floor.wait(10);
          floor.calm();
          await house.settle();
          stops = stopsNow();
        } else if (step.do === "cancel") {
          const [order] = house.exchange.exchange.openOrders(house.account.address).filter(({ isTrigger }) => isTrigger);
          if (order) await house.act({ type: "cancel", cancels: [{ a: perp.asset, o: order.oid }] });
        } else {
          const pit = step.do === "close" && step.spot ? spot : perp;
          const held = heldIn(house, pit);
          const buy = held.isNegative();
          const size = held.abs().times(step.share).toDecimalPlaces(2, 1).toFixed();
          const p = worseBy(floor, pit, buy, decimal(step.do === "rest" ? -200 : 20));
          const order = limitOrder(pit, buy, p, size, pit === perp, step.do === "rest" ? "Gtc" : "Ioc");
          const { kind } = await house.act({ type: "order", orders: [order], grouping: "na" });
          if (kind === "refused") refused += 1;
          else closed += 1;
        }
        expect(net().lte(most), `${net().toFixed(2)} unhedged`).toBe(true);
        expect(stopsNow()).toBe(stops);
      }
    }),
    { seed: 4, numRuns: process.env.MANDATE_LONG ? 200 : 8 },
  );
  expect(closed).toBeGreaterThan(3);
  expect(refused).toBeGreaterThan(3);
}, 600_000);

test("scenarios 5, 6 and 8 at the exchange: bytes that slept for a day, that were settled, or that are offered to mainnet do nothing", async () => {
  await using house = await openHouse({ written: { max_daily_spend_usd: "2000" } });
  expect((await house.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 })).kind).toBe("confirmed");
  const price = await house.price("BTC");
  const buy = (size: string): Trade => ioc(pitOf("BTC:perp"), true, String(Math.round(price * 1.005)), size);
  // Lost on its way, and kept by who took it.
  house.exchange.faults.script("action", "cut_request");
  expect((await house.act(buy("0.018"))).kind).toBe("open");
  const [asleep] = keptBytes(house.home);
  if (!asleep) return expect.unreachable("what is open is kept");
  expect(codes(await house.act(buy("0.001")))).toContain("IN_FLIGHT");

  await house.exchange.advance((await house.exchange.now()) + DAY + SECOND);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["released"]);
  const again = String(Math.round((await house.price("BTC")) * 0.7));
  const rests: Trade = {
    type: "order",
    orders: [limitOrder(pitOf("BTC:perp"), true, again, "0.02", false, "Gtc")],
    grouping: "na",
  };
  house.exchange.faults.script("action", "none");
  expect((await house.act(rests)).kind).toBe("open");
  const [settled] = keptBytes(house.home);
  if (!settled) return expect.unreachable("what rests is kept");
  const made = () => house.exchange.exchange.historicalOrders(house.account.address).length;
  const before = made();
  expect(await offer(house.exchange.http, asleep)).toMatch(/expired/i);
  expect(await offer(house.exchange.http, settled)).toMatch(/nonce/i);
  expect(made()).toBe(before);
  for (const one of [asleep, settled]) expect(await signerOnMainnet(one)).not.toBe(house.account.address);
});

async function signerOnMainnet({ action, nonce, expiresAfter, ...rest }: KeptRequest): Promise<string | null> {
  const signature = wireSignature.parse(rest.signature);
  return recoverSigner(l1TypedData({ action, nonce, expiresAfter } as Parameters<typeof l1TypedData>[0], "mainnet"), signature);
}

test("scenario 9 at the exchange: of two gateways on one account, one from a restored snapshot, the second stops before it signs", async () => {
  await using house = await openHouse();
  expect((await house.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 })).kind).toBe("confirmed");
  const snapshot = mkdtempSync(join(RAM, "snapshot-"));
  try {
    await house.opened.close();
    cpSync(house.home, snapshot, { recursive: true });
    await house.reopen();
    const price = await house.price("BTC");
    const buy = ioc(pitOf("BTC:perp"), true, String(Math.round(price * 1.005)), "0.005");
    const parameters = {
      home: snapshot,
      terms: house.mandate.terms,
      signer: privateKeyToAccount(house.account.private_key),
      clock: { now: () => house.exchange.now() },
      endpoints: { hl: house.exchange.http },
      onMirrorFailure: () => undefined,
    };
    // On the same key file nobody else opens at all.
    await expect(openWallet({ ...parameters, keyFile: join(house.home, "key") })).rejects.toMatchObject({
      code: expect.stringMatching(/LOCKED/),
    });
    await house.exchange.advance((await house.exchange.now()) + 10 * SECOND);
    expect((await house.act(buy)).kind).toBe("confirmed");
    await house.exchange.advance((await house.exchange.now()) + HOUR);
    const second = await openWallet({ ...parameters, keyFile: join(snapshot, "key") });
    try {
      const made = house.exchange.exchange.historicalOrders(house.account.address).length;
      const { lease, cycle } = await second.gateway.open(second.wallet);
      const other = ioc(pitOf("BTC:perp"), true, String(Math.round(price * 1.004)), "0.004");
      const action = { rail: "hyperliquid" as const, from: "wallet", action: other };
      const outcome = await second.gateway.request({ wallet: second.wallet, lease, cycle, step: 1, actions: [action] });
      expect(outcome.kind).toBe("refused");
      expect((await second.gateway.state(second.wallet)).stopped?.code).toBe("FOREIGN_ORDER");
      expect(house.exchange.exchange.historicalOrders(house.account.address)).toHaveLength(made);
    } finally {
      await second.close();
    }
  } finally {
    rmSync(snapshot, { recursive: true, force: true });
  }
});

test("an order that rests over the edge of its day is not counted anew: what fills at once after it is within one day's spend", async () => {
  await using at = await bookScene({
    ...LIMITS,
    max_daily_spend_usd: 1_000,
    order_expiry_seconds: 7_200,
    max_position_size_usd: 4_000,
  });
  const { house, floor } = at;
  const eth = pitOf("ETH:perp");
  expect((await house.act({ type: "updateLeverage", asset: eth.asset, isCross: false, leverage: 2 })).kind).toBe("confirmed");
  const size = decimal(890).div(floor.truth(eth)).toDecimalPlaces(4, 1).toFixed();
  await house.exchange.advance((await house.exchange.now()) + 23 * HOUR);
  const p = worseBy(floor, eth, true, decimal(-100));
  expect((await house.act({ type: "order", orders: [limitOrder(eth, true, p, size, false, "Gtc")], grouping: "na" })).kind).toBe(
    "open",
  );
  await house.exchange.advance((await house.exchange.now()) + HOUR + SECOND);
  const more = ioc(eth, true, worseBy(floor, eth, true, decimal(10)), size);
  expect(codes(await house.act(more))).toContain("DAILY_SPEND");
  // All that slept lands at once.
  floor.stand(eth, "ask", decimal(p));
  await house.settle();
  floor.calm();
  expect(codes(await house.act(more))).toContain("DAILY_SPEND");
  const held = heldIn(house, eth).times(floor.truth(eth));
  expect(held.lte(1_000)).toBe(true);
});
