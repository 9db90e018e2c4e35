import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { checkFleet } from "../../src/cli/journal/check-fleet.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, sum, toUnits } from "../../src/core/decimal.ts";
import { lower } from "../../src/core/hex.ts";
import type { CrashPoint } from "../../src/gateway/crash-point.ts";
import { type OpenedWallet, openWallet } from "../../src/gateway/open-wallet.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { openJournal } from "../../src/journal/sqlite/open-journal.ts";
import type { FleetTerms } from "../../src/mandate/terms.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { evmAction, mandateOf, swapAction } from "../support/house.ts";
import { unitsOf } from "../support/standing.ts";
import { CrashedError, Crasher } from "./support/crasher.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const SHARED = decimal(200);
const FLEET: FleetTerms = {
  id: "desk",
  max_hourly_spend_usd: "unlimited",
  max_daily_spend_usd: SHARED,
  max_weekly_spend_usd: "unlimited",
  max_total_spend_usd: "unlimited",
  max_daily_loss_usd: decimal(50),
};
const ACCOUNTS = ["one", "other"].map((name) => privateKeyToAccount(keccak256(toHex(`mandate tests: fleet ${name}`))));

const step = fc.record({
  /** What each wallet buys, at once. 0: nothing. */
  usd: fc.tuple(fc.constantFrom(0, 20, 60, 90, 130), fc.constantFrom(0, 20, 60, 90, 130)),
  crash: fc.constantFrom<readonly (CrashPoint | null)[]>(
    [null, null],
    [null, null],
    ["after-reserve", null],
    [null, "after-submit"],
  ),
  day: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

class Desk {
  readonly world: EvmWorld;
  readonly home = mkdtempSync(join(tmpdir(), "mandate-fleet-"));
  readonly crashers = ACCOUNTS.map(() => new Crasher());
  journal: Journal | null = null;
  wallets: OpenedWallet[] = [];

  constructor(world: EvmWorld) {
    this.world = world;
  }

  async open(): Promise<void> {
    const onMirrorFailure = (failure: Error) => {
      throw failure;
    };
    const path = join(this.home, "journal.sqlite");
    this.journal = await openJournal({ path, mirror: join(this.home, "heads"), onMirrorFailure });
    for (const [i, account] of ACCOUNTS.entries()) {
      const keyFile = join(this.home, `key-${i}`);
      writeFileSync(keyFile, "");
      const terms = { ...mandateOf().terms, accounts: { wallet: lower(account.address) }, fleet: FLEET };
      const { journal, world } = this;
      const crash = this.crashers[i]?.crash ?? (() => undefined);
      const home = join(this.home, String(i));
      const endpoints = { base: world.url };
      this.wallets.push(
        await openWallet({
          home,
          terms,
          signer: account,
          keyFile,
          clock: world.clock,
          journal,
          crash,
          endpoints,
          onMirrorFailure,
        }),
      );
    }
  }

  async close(): Promise<void> {
    for (const { close } of this.wallets.splice(0)) await close();
    await this.journal?.close();
  }

  async buy(i: number, usd: number): Promise<string> {
    const opened = this.wallets[i];
    if (!opened || usd === 0) return "nothing";
    const { gateway, wallet } = opened;
    await gateway.settle(wallet);
    const { lease, cycle } = await gateway.open(wallet);
    const now = await this.world.clock.now();
    const floor = this.world.truePrice("WETH").pow(-1).times(usd).times("0.98").toFixed(18);
    const recipient = wallet.slice("wallet:".length) as `0x${string}`;
    const swap = swapAction({ sell: "USDC", buy: "WETH", amount: String(usd), floor, now, recipient });
    const approve = evmAction(encodeApprove(assets.USDC.address, contracts.router.address, toUnits(decimal(usd), 6)));
    return (await gateway.request({ wallet, lease, cycle, step: 1, actions: [approve, swap] })).kind;
  }

  /** USD that has left both wallets. */
  async spent(): Promise<Decimal> {
    const held = await Promise.all(
      ACCOUNTS.map(({ address }) => unitsOf(this.world, lower(address), { USDC: assets.USDC.address })),
    );
    return decimal(4_000).minus(sum(held.map(({ USDC = 0n }) => fromUnits(USDC, 6))));
  }
}

test("two wallets that race for a shared budget, with crashes and restarts between, never spend more than it together", async () => {
  const fund = Object.fromEntries(ACCOUNTS.map(({ address }) => [address, { ETH: "1", USDC: "2000" }]));
  const world = await startEvmWorld({ seed: 1, period: 6 * HOUR, volatility: { WETH: 0, GOV: 0 }, fund });
  let refused = 0;
  try {
    const start = await world.snapshot();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        await world.revert(start);
        const desk = new Desk(world);
        await desk.open();
        try {
          const spends: { readonly at: number; readonly usd: Decimal }[] = [];
          for (const { usd, crash, day } of steps) {
            if (day) await world.advance((await world.clock.now()) + DAY + MINUTE);
            await world.setTruePrice("WETH", "3000");
            const before = await desk.spent();
            for (const [i, point] of crash.entries()) desk.crashers[i]?.arm(point ?? "");
            const all = await Promise.allSettled(usd.map((one, i) => desk.buy(i, one)));
            for (const one of all) {
              if (one.status === "rejected" && !(one.reason instanceof CrashedError)) throw one.reason;
              if (one.status === "fulfilled" && one.value === "refused") refused += 1;
            }
            for (const crasher of desk.crashers) crasher.disarm();
            if (all.some(({ status }) => status === "rejected")) {
              await desk.close();
              await desk.open();
              for (const { gateway, wallet } of desk.wallets) await gateway.settle(wallet);
            }
            const now = await world.clock.now();
            spends.push({ at: now, usd: (await desk.spent()).minus(before) });
            const today = sum(spends.filter(({ at }) => at > now - DAY).map((one) => one.usd));
            expect(today.lte(SHARED), `${today.toFixed(2)} spent in a day`).toBe(true);
          }
          if (desk.journal) expect(await checkFleet(desk.journal, "fleet:desk")).toMatchObject({ ok: true });
        } finally {
          await desk.close();
          rmSync(desk.home, { recursive: true, force: true });
        }
      }),
      { seed: 2, numRuns: 25 },
    );
  } finally {
    await world.stop();
  }
  expect(refused).toBeGreaterThan(5);
});
