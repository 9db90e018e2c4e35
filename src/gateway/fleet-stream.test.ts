import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import type { WalletEntry } from "../journal/entries.ts";
import type { Journal, Stream } from "../journal/journal.ts";
import { StaleError } from "../journal/journal.ts";
import { MemoryJournal } from "../journal/memory-journal.ts";
import { openSignedStore } from "../journal/signed-store.ts";
import { settled } from "../journal/testing/wallet-story.ts";
import { judge } from "../mandate/judge.ts";
import type { Terms } from "../mandate/terms.ts";
import { buying, NOW, PRICES, termsWith } from "../mandate/testing/judging.ts";
import type { WalletId } from "./contract.ts";
import { FleetStream } from "./fleet-stream.ts";
import { reservedBody } from "./request-bodies.ts";
import { SteadyTime } from "./steady-time.ts";
import { WalletContext } from "./wallet-context.ts";
import { WalletStream } from "./wallet-stream.ts";

const TRADE = 10;
const walletOf = (n: number): WalletId => `wallet:0x${String(n).padStart(40, "0")}`;

function fleetTerms(trades: number): Terms {
  const budget = decimal(trades * TRADE);
  return {
    ...termsWith(),
    fleet: {
      id: "desk",
      max_hourly_spend_usd: "unlimited",
      max_daily_spend_usd: budget,
      max_weekly_spend_usd: "unlimited",
      max_total_spend_usd: "unlimited",
      max_daily_loss_usd: decimal(1000),
    },
  };
}

const home = mkdtempSync(join(tmpdir(), "mandate-fleet-"));
const signed = await openSignedStore(join(home, "signed.sqlite"));
afterAll(async () => {
  await signed.close();
  rmSync(home, { recursive: true, force: true });
});

async function walletIn(journal: Journal, n: number, terms: Terms): Promise<WalletContext> {
  const stream = await WalletStream.open(journal, walletOf(n));
  return new WalletContext({
    wallet: walletOf(n),
    terms,
    stream,
    signed,
    rails: new Map(),
    exchanges: new Map(),
    time: new SteadyTime({ now: async () => NOW }),
    railsFor: () => ({ rails: new Map(), exchanges: new Map() }),
    onAmended: () => undefined,
  });
}

/** Judges and reserves as the gateway does: whoever comes second judges again. */
async function request(wallet: WalletContext, key: string, terms: Terms): Promise<boolean> {
  for (;;) {
    const verdict = judge(terms, buying(TRADE), PRICES, await wallet.budgets(NOW, 1), NOW);
    if (verdict.kind !== "allow") return false;
    const body = reservedBody(
      { wallet: wallet.parts.wallet, lease: 1, cycle: 1, step: 1, actions: [] as never },
      key,
      verdict,
      PRICES,
      terms.limits,
    );
    try {
      await wallet.commit([{ kind: "reserved", body }], NOW);
      return true;
    } catch (error) {
      if (!(error instanceof StaleError)) throw error;
    }
  }
}

async function countIn(journal: Journal, stream: Stream): Promise<number> {
  let count = 0;
  for await (const _ of journal.read(stream)) count += 1;
  return count;
}

test("ten wallets that ask at once for a budget of so many trades get exactly so many, each in its own stream and the fleet's", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 12 }), async (room) => {
      const journal = new MemoryJournal();
      const terms = fleetTerms(room);
      const wallets = await Promise.all(Array.from({ length: 10 }, (_, n) => walletIn(journal, n, terms)));
      const asked = await Promise.all(
        wallets.map(async (wallet, n) => ((await request(wallet, `k${n}`, terms)) ? 1 : 0) as number),
      );
      const got = asked.reduce((a, b) => a + b, 0);
      expect(got).toBe(Math.min(room, 10));
      expect(await countIn(journal, "fleet:desk")).toBe(got);
      const own = await Promise.all(wallets.map(({ parts }) => countIn(journal, parts.wallet)));
      expect(own.reduce((a, b) => a + b, 0)).toBe(got);
    }),
    { numRuns: 25 },
  );
});

test("what one wallet settles or releases is room for another, and what is open is not", async () => {
  const journal = new MemoryJournal();
  const terms = fleetTerms(2);
  const [one, other] = [await walletIn(journal, 1, terms), await walletIn(journal, 2, terms)];
  expect([await request(one, "a", terms), await request(other, "b", terms), await request(one, "c", terms)]).toEqual([
    true,
    true,
    false,
  ]);
  await one.commit([settled("a", "released")], NOW);
  expect(await request(other, "d", terms)).toBe(true);
  expect(await request(one, "e", terms)).toBe(false);
  await other.commit([settled("b", "confirmed", { spend_usd: "0" })], NOW);
  expect(await request(one, "f", terms)).toBe(true);
});

test("a settlement is recorded though the fleet moved meanwhile; a reservation has to be judged again", async () => {
  const journal = new MemoryJournal();
  const terms = fleetTerms(5);
  const [one, other] = [await walletIn(journal, 1, terms), await walletIn(journal, 2, terms)];
  await request(one, "a", terms);
  await request(other, "b", terms);
  const entry: WalletEntry = settled("a", "confirmed", { spend_usd: "3" });
  await one.commit([entry], NOW);
  expect((await other.budgets(NOW, 1)).fleet?.spend_usd.toFixed()).toBe("13");
  const stale = await FleetStream.open(journal, "desk");
  await request(other, "c", terms);
  await expect(journal.commit([stale.batch([])], NOW)).rejects.toBeInstanceOf(StaleError);
});

test("a wallet that shares no budget writes to no fleet", async () => {
  const journal = new MemoryJournal();
  const { fleet: _fleet, ...alone } = fleetTerms(1);
  const wallet = await walletIn(journal, 1, alone);
  expect(await request(wallet, "a", alone)).toBe(true);
  expect(await journal.streams()).toEqual([walletOf(1)]);
});
