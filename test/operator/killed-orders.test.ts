import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { MandateError } from "../../src/core/errors.ts";
import { CRASH_POINTS } from "../../src/gateway/crash-point.ts";
import { listKeys, newKey, rotateKey } from "../../src/gateway/keys/key-folder.ts";
import { openKeystore } from "../../src/gateway/keystore.ts";
import { type OpenedWallet, openWallet } from "../../src/gateway/open-wallet.ts";
import type { WalletState } from "../../src/journal/fold-wallet.ts";
import type { Terms } from "../../src/mandate/terms.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import { REHEARSAL_KEY } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { begin, bid } from "../attack/hyperliquid/support/odd-answers.ts";
import { Crasher } from "../attack/support/crasher.ts";
import { openHouse as openExchangeHouse } from "../hyperliquid/support/trading-house.ts";
import { copiesAtWrites } from "../support/copies-at-writes.ts";
import { mandateOf } from "../support/house.ts";
import { codesOf, standingOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { type GovernedHouse, governedHouse, purchase } from "./support/governed-house.ts";

const LIMITS = { allowed_tokens: ["WETH", "USDC"], max_single_trade_usd: 500, require_human_approval_above_usd: 100 };
/** All that a real key needs a figure for. */
const REAL = {
  allowed_tokens: ["WETH", "USDC"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  stop_loss_pct: 10,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};
const WIDER = mandateOf({ ...LIMITS, max_single_trade_usd: 600 });

interface Order {
  readonly name: string;
  readonly before?: (governed: GovernedHouse) => Promise<unknown>;
  readonly give: (governed: GovernedHouse) => Promise<unknown>;
  /** Whether the journal says that it holds. */
  readonly holds: (state: WalletState) => boolean;
}

const ORDERS: readonly Order[] = [
  { name: "freeze", give: ({ operator }) => operator.freeze("a look"), holds: ({ stopped }) => stopped !== null },
  {
    name: "unfreeze",
    before: ({ operator }) => operator.freeze("a look"),
    give: ({ operator }) => operator.unfreeze("seen"),
    holds: ({ stopped }) => stopped === null,
  },
  { name: "kill", give: ({ operator }) => operator.kill("enough"), holds: ({ stopped }) => stopped?.code === "KILLED" },
  {
    name: "reconcile --accept",
    before: ({ operator }) => operator.freeze("a look"),
    give: async ({ operator }) => operator.reconcile({ seen: (await operator.standing()).hash, why: "as shown", declare: false }),
    holds: ({ acceptedAt, pinned, orders }) => pinned !== null && acceptedAt > 0 && orders === 2,
  },
  {
    name: "approve",
    before: async ({ house }) => expect(codesOf((await house.act(await purchase(house)))[0])).toContain("NEEDS_APPROVAL"),
    give: async ({ operator }) => {
      const [permit] = await operator.permits();
      return operator.approve(permit?.id ?? "");
    },
    holds: ({ permits }) => [...permits.values()].some(({ answer }) => answer?.answer === "granted"),
  },
];

test.each(ORDERS)(
  "killed at any write while the operator orders $name: done or not, once, and the journal verifies",
  async (order) => {
    const copies = mkdtempSync(join(tmpdir(), "mandate-copies-"));
    await using governed = await governedHouse({ limits: LIMITS });
    const { house } = governed;
    try {
      await house.opened.gateway.open(house.opened.wallet);
      await order.before?.(governed);
      const { orders } = house.opened.stream.state;
      const left = await copiesAtWrites(house.home, copies, () => order.give(governed));
      expect(left.length).toBeGreaterThanOrEqual(2);
      await house.opened.close();
      const outcomes = new Set<boolean>();
      for (const { at, folder } of left) {
        rmSync(house.home, { recursive: true });
        cpSync(folder, house.home, { recursive: true });
        await house.restart();
        const state = () => house.opened.stream.state;
        const held = order.holds(state());
        outcomes.add(held);
        expect(state().orders, at).toBe(orders + (held ? 1 : 0));
        if (!held) await order.give(governed);
        expect(order.holds(state()), at).toBe(true);
        expect(state().orders, at).toBe(orders + 1);
        expect(await standingOf(house), at).toMatchObject({ journalHolds: true, signed: 0 });
        await house.opened.close();
      }
      expect(outcomes).toEqual(new Set([false, true]));
      await house.restart();
    } finally {
      rmSync(copies, { recursive: true });
    }
  },
);

test("killed at any write while terms are amended: it starts with the old terms or with the new, and never with both", async () => {
  const copies = mkdtempSync(join(tmpdir(), "mandate-copies-"));
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator, key } = governed;
  const starts = async (terms: Terms): Promise<boolean> => {
    let opened: OpenedWallet | undefined;
    try {
      opened = await openWallet({
        home: house.home,
        terms,
        signer: privateKeyToAccount(REHEARSAL_KEY),
        keyFile: house.keyFile,
        clock: house.world.clock,
        endpoints: { base: house.world.url },
        operatorKey: key.publicKey,
        onMirrorFailure: (failure) => {
          throw failure;
        },
      });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: "TERMS_CHANGED" });
      return false;
    } finally {
      await opened?.close();
    }
  };
  try {
    const { terms } = house.mandate;
    const left = await copiesAtWrites(house.home, copies, () => operator.amend(termsHash(terms), termsToJson(WIDER.terms)));
    await house.opened.close();
    const found: boolean[] = [];
    for (const { at, folder } of left) {
      rmSync(house.home, { recursive: true });
      cpSync(folder, house.home, { recursive: true });
      const amended = await starts(WIDER.terms);
      expect(await starts(terms), at).toBe(!amended);
      expect(await standingOf(house), at).toMatchObject({ journalHolds: true });
      found.push(amended);
    }
    // Once it holds, it goes on holding.
    expect(found).toEqual([...found].sort());
    expect(new Set(found)).toEqual(new Set([false, true]));
    rmSync(house.home, { recursive: true });
    cpSync(left[0]?.folder ?? "", house.home, { recursive: true });
    await house.restart();
  } finally {
    rmSync(copies, { recursive: true });
  }
});

test("killed at any write of a first live start: the order is there with the terms or neither is, and it starts", async () => {
  const copies = mkdtempSync(join(tmpdir(), "mandate-copies-"));
  const home = mkdtempSync(join(tmpdir(), "mandate-house-"));
  let governed: GovernedHouse | undefined;
  try {
    const left = await copiesAtWrites(home, copies, async () => {
      governed = await governedHouse({ home, rpcInBook: true, limits: REAL });
    });
    if (!governed) return expect.unreachable("it opened");
    const { house } = governed;
    await house.opened.close();
    const kinds = new Set<string>();
    for (const { at, folder } of left) {
      rmSync(home, { recursive: true });
      cpSync(folder, home, { recursive: true });
      const first = kindsIn(join(home, "journal.sqlite"));
      expect(first.includes("operator"), `${at}: ${first}`).toBe(first.includes("pinned"));
      kinds.add(first.slice(0, 2).join(" "));
      await house.restart();
      expect(house.opened.stream.state, at).toMatchObject({ operator: expect.any(String), stopped: null });
      expect(await standingOf(house), at).toMatchObject({ journalHolds: true, signed: 0 });
      await house.opened.close();
    }
    expect(kinds.size).toBe(2);
    await house.restart();
  } finally {
    await governed?.[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
    rmSync(copies, { recursive: true });
  }
});

function signedIn(home: string): number {
  return kindsIn(join(home, "journal.sqlite")).filter((kind) => kind === "signed").length;
}

function kindsIn(journal: string): readonly string[] {
  if (!existsSync(journal)) return [];
  const db = new Database(journal);
  try {
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'entries'").get();
    if (made === undefined) return [];
    return db.prepare<[], string>("SELECT kind FROM entries ORDER BY stream, seq").pluck().all();
  } finally {
    db.close();
  }
}

test("killed at any write while a key gets another password: one of the two opens it, and it is there once", async () => {
  const copies = mkdtempSync(join(tmpdir(), "mandate-copies-"));
  const folder = mkdtempSync(join(tmpdir(), "mandate-keys-"));
  try {
    const { address } = newKey(folder, "trader", "rehearsal", "before it");
    const left = await copiesAtWrites(folder, copies, () => rotateKey(folder, "trader", { old: "before it", new: "after it" }));
    const opened: string[] = [];
    for (const { at, folder: copy } of left) {
      expect(
        listKeys(copy).map(({ name, address: of }) => [name, of]),
        at,
      ).toEqual([["trader", address]]);
      for (const password of ["before it", "after it"]) {
        const account = await openKeystore(join(copy, "trader"), password).catch((error: unknown) => {
          expect(error).toBeInstanceOf(MandateError);
          return null;
        });
        if (account !== null) opened.push(password);
      }
    }
    expect(opened).toHaveLength(left.length);
    expect([opened[0], opened.at(-1)]).toEqual(["before it", "after it"]);
  } finally {
    for (const gone of [copies, folder]) rmSync(gone, { recursive: true });
  }
});

test("killed at any write between an exchange's answer and the journal's: an order is found once, and sent once", async () => {
  const copies = mkdtempSync(join(tmpdir(), "mandate-copies-"));
  await using house = await openExchangeHouse({ regime: "calm" });
  try {
    await begin(house);
    const count = async () => (await house.info.openOrders(house.account.address)).length;
    const left = await copiesAtWrites(house.home, copies, async () => {
      expect((await house.act(await bid(house))).kind).toBe("open");
    });
    let tried = 0;
    const before = signedIn(left[0]?.folder ?? "");
    for (const { at, folder } of left) {
      await house.opened.close();
      rmSync(house.home, { recursive: true });
      cpSync(folder, house.home, { recursive: true });
      // What was never signed cannot be at the exchange.
      if (signedIn(folder) === before) continue;
      const { gateway, wallet, stream } = await house.reopen();
      tried += 1;
      expect(
        (await gateway.settle(wallet)).map(({ kind }) => kind),
        at,
      ).toEqual(["open"]);
      expect([await count(), stream.state.open.length, stream.state.stopped], at).toEqual([1, 1, null]);
    }
    expect(tried).toBeGreaterThan(0);
  } finally {
    rmSync(copies, { recursive: true });
  }
});

test.each(CRASH_POINTS)(
  "dead %s in the middle of a flatten: what was sold is sold once, and the next flatten brings the rest home",
  async (point) => {
    const crasher = new Crasher();
    await using governed = await governedHouse({ limits: REAL, crash: crasher.crash });
    const { house, operator } = governed;
    await operator.freeze("home");
    crasher.arm(point);
    await expect(walkHome(governed)).rejects.toMatchObject({ code: "CRASHED" });
    await house.restart();
    expect(house.opened.stream.state.stopped).toMatchObject({ code: "FROZEN_BY_OPERATOR" });
    expect(await walkHome({ house, operator: governed.operator })).toMatchObject({ home: true, left: [] });
    expect(await standingOf(house)).toMatchObject({
      journalHolds: true,
      signed: 0,
      nonce: house.opened.stream.state.nonces.base,
    });
  },
);
