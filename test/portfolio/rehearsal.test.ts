import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runAgent } from "../../src/agent/agent.ts";
import { HOUR, MINUTE } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import { gatewayClient } from "../../src/gateway/client.ts";
import { CRASH_POINTS } from "../../src/gateway/crash-point.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import { hyperliquidScope } from "../../src/venues/hyperliquid/scope-of.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { hyperliquidStage } from "../../src/worlds/rehearsal/hyperliquid-stage.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { livingChildren } from "../e2e/support/children.ts";
import { scratch } from "../e2e/support/scratch.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const FILE = join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md");
const DAYS = process.env.MANDATE_LONG ? 30 : 2;

function rehearsed(home: string, more: Partial<Parameters<typeof rehearse>[0]> = {}) {
  return rehearse({ file: FILE, home, seed: "portfolio", cycles: 6, version: "test", ...more });
}

test.each(["500", "50000"])(
  "a rehearsal of %s dollars ends with a report beside its baselines, and its journal verifies",
  async (usd) => {
    using place = scratch();
    const report = await rehearsed(place.folder, { cycles: DAYS * 24, fund: { USDC: usd } });
    expect(report).toMatchObject({
      network: "paper",
      journal_verified: true,
      scripted_model: true,
      gas_usd: decimal(0),
    });
    const rows = report.portfolio?.rows ?? [];
    expect(rows.map(({ name }) => name)).toEqual(["agent", "buy-and-hold", "equal-weight", "without a model"]);
    expect(rows[0]?.value_usd.eq(report.value_after_usd)).toBe(true);
    expect(report.value_before_usd.toFixed()).toBe(usd);
    expect(rows[0]?.turnover_usd.gt(decimal(usd).times("0.5"))).toBe(true);
    expect(report.decisions[0]).toMatchObject({ kind: "targets", because: "first decision" });
    expect(report.decisions.every(({ why }) => why !== "")).toBe(true);
    expect(report.decisions).toHaveLength(report.model_calls);
  },
);

test("the same seed writes the same journal, byte for byte, and another one another", async () => {
  const heads: string[] = [];
  for (const seed of ["a", "a", "b"]) {
    using place = scratch();
    heads.push((await rehearsed(place.folder, { seed })).journal_head);
  }
  expect(heads[1]).toBe(heads[0]);
  expect(heads[2]).not.toBe(heads[0]);
});

test.each(["a", "d"])(
  "with answers lost, orders filled in part and data gone stale, seed %s trades no more than was wanted",
  async (seed) => {
    using place = scratch();
    const rates = { cut_answer: 0.15, cut_request: 0.1, error_after: 0.1, http_429: 0.02, http_5xx: 0.02, stale: 0.02 };
    const trouble = { rates, partial_fills: 0.3 };
    const report = await rehearsed(place.folder, { seed, cycles: 8, fund: { USDC: "20000" }, trouble });
    expect(report.journal_verified).toBe(true);
    const turnover = report.portfolio?.rows[0]?.turnover_usd ?? decimal(0);
    // Four fifths of the money, opened once: an order that were made twice would be beyond it.
    expect(turnover.gt(2_000) && turnover.lt(18_500)).toBe(true);
  },
);

let calm: ReturnType<typeof rehearsed> | undefined;

/** What comes of it where nothing is killed: the same each time, so that once is enough. */
function undisturbed(): ReturnType<typeof rehearsed> {
  const once = async () => {
    using place = scratch();
    return await rehearsed(place.folder, { cycles: 5 });
  };
  calm ??= once();
  return calm;
}

test.each(CRASH_POINTS)(
  "killed at %s, the gateway finds its orders again, and what is held is what would have been",
  async (point) => {
    using place = scratch();
    // Three cycles fill the book, and what was released is made anew in a later one.
    const { portfolio } = await undisturbed();
    const killed = await rehearsed(place.folder, { cycles: 5, crashAt: `${point}:2` });
    expect(killed.crashes_survived).toBe(1);
    expect(killed.journal_verified).toBe(true);
    const [before, after] = [portfolio?.rows[0], killed.portfolio?.rows[0]];
    // An order that were made twice would trade a third of the book once more.
    expect(
      after?.turnover_usd
        .minus(before?.turnover_usd ?? 0)
        .abs()
        .lt(2_500),
    ).toBe(true);
  },
);

test("killed between the exchange's taking and its answer, the gateway's next process and a new agent find the order", async () => {
  using place = scratch();
  const mandate = readMandate(FILE, { worldWallet: REHEARSAL_WALLET });
  const stage = await hyperliquidStage({
    mandate,
    scope: hyperliquidScope(mandate),
    seed: "kill",
    funds: { USDC: "20000" },
    step: MINUTE,
  });
  try {
    const keystore = join(place.folder, "key.json");
    const password = "worth nothing";
    writeFileSync(keystore, sealKeystore({ privateKey: stage.key, class: "rehearsal", password }), { mode: 0o600 });
    const home = join(place.folder, "home");
    const world = { url: stage.url, wallet: stage.account };
    const config = { file: FILE, home, socket: join(place.folder, "g.sock"), keystore, password, live: false, world };
    const targets = [
      { account: "wallet", asset: "hl/BTC:perp" as const, weight: decimal("0.5") },
      { account: "wallet", asset: "hl/USDC" as const, weight: decimal("0.5") },
    ];
    const live = async (killOnOrder: boolean, cycles: number) => {
      const gateway = await startGatewayProcess(config);
      const client = gatewayClient(gateway.socket);
      const stop = new AbortController();
      // The exchange has it and has told nobody: the signal is there before the answer is.
      const forget = stage.exchange.exchange.on((event) => {
        if (killOnOrder && event.kind === "order" && event.account === stage.account) {
          stop.abort();
          void gateway.kill();
        }
      });
      try {
        await runAgent({
          mandate,
          wallet: gateway.wallet,
          gateway: client,
          venue: stage.venue,
          decider: { decide: async () => ({ kind: "targets", targets, why: "half" }) },
          clock: stage.clock,
          cycles,
          signal: stop.signal,
        });
      } finally {
        forget();
        client.close();
        await gateway.stop();
      }
    };
    await live(true, 1);
    const sent = stage.exchange.exchange.historicalOrders(stage.account);
    expect(sent).toHaveLength(1);
    await stage.clock.sleep((await stage.clock.now()) + HOUR);
    await live(false, 2);
    const orders = stage.exchange.exchange.historicalOrders(stage.account);
    const ids = orders.map(({ order }) => order.cloid);
    expect(new Set(ids).size).toBe(ids.length);
    const filled = orders.filter(({ status }) => status === "filled").map(({ order }) => Number(order.origSz));
    const held = Number(stage.exchange.exchange.perpState(stage.account).assetPositions[0]?.position.szi ?? 0);
    expect(held).toBeCloseTo(
      filled.reduce((sum, size) => sum + size, 0),
      8,
    );
    // Half of twenty thousand, once.
    expect(held * Number(stage.exchange.exchange.perpContexts()[0]?.oraclePx)).toBeLessThan(11_000);
  } finally {
    await stage.stop();
  }
});
