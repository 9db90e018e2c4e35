import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkFleet } from "../../src/cli/journal/check-fleet.ts";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { readLimits } from "../../src/cli/journal/read-limits.ts";
import { decimal, toUnits } from "../../src/core/decimal.ts";
import { lower } from "../../src/core/hex.ts";
import { type OpenedWallet, openWallet } from "../../src/gateway/open-wallet.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { openJournal } from "../../src/journal/sqlite/open-journal.ts";
import type { FleetTerms } from "../../src/mandate/terms.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { evmAction, mandateOf, swapAction } from "../support/house.ts";
import { codesOf } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const FLEET: FleetTerms = {
  id: "desk",
  max_hourly_spend_usd: "unlimited",
  max_daily_spend_usd: decimal(100),
  max_weekly_spend_usd: "unlimited",
  max_total_spend_usd: "unlimited",
  max_daily_loss_usd: decimal(50),
};

let world: EvmWorld;
let home: string;
let journal: Journal;
let wallets: readonly OpenedWallet[] = [];

beforeEach(async () => {
  const accounts = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())];
  const fund = Object.fromEntries(accounts.map(({ address }) => [address, { ETH: "1", USDC: "500" }]));
  world = await startEvmWorld({ seed: 1, fund });
  home = mkdtempSync(join(tmpdir(), "mandate-fleet-"));
  const onMirrorFailure = (failure: Error) => {
    throw failure;
  };
  journal = await openJournal({ path: join(home, "journal.sqlite"), mirror: join(home, "heads"), onMirrorFailure });
  const opened: OpenedWallet[] = [];
  for (const [i, account] of accounts.entries()) {
    const keyFile = join(home, `key-${i}`);
    writeFileSync(keyFile, "");
    const terms = { ...mandateOf().terms, accounts: { wallet: lower(account.address) }, fleet: FLEET };
    const parameters = { home: join(home, String(i)), terms, signer: account, keyFile, clock: world.clock, journal };
    opened.push(await openWallet({ ...parameters, endpoints: { base: world.url }, onMirrorFailure }));
  }
  wallets = opened;
});

afterEach(async () => {
  for (const { close } of wallets) await close();
  await journal.close();
  await world.stop();
  rmSync(home, { recursive: true, force: true });
});

async function buy({ gateway, wallet }: OpenedWallet, usd: number) {
  const { lease, cycle } = await gateway.open(wallet);
  const floor = world.truePrice("WETH").pow(-1).times(usd).times("0.99").toFixed(18);
  const recipient = wallet.slice("wallet:".length) as `0x${string}`;
  const swap = { sell: "USDC", buy: "WETH", amount: String(usd), floor, now: await world.clock.now(), recipient } as const;
  const approve = encodeApprove(assets.USDC.address, contracts.router.address, toUnits(decimal(usd), 6));
  return gateway.request({ wallet, lease, cycle, step: 1, actions: [evmAction(approve), swapAction(swap)] });
}

test("two wallets that ask at once for what is left of their budget get it once, and the record holds", async () => {
  const outcomes = await Promise.all(wallets.map((wallet) => buy(wallet, 60)));
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["confirmed", "refused"]);
  expect(outcomes.flatMap(codesOf)).toEqual(["FLEET_SPEND"]);
  const [one] = wallets;
  if (!one) return expect.unreachable("there are two wallets");
  expect((await buy(one, 40)).kind).toBe("confirmed");
  for (const wallet of wallets) expect(codesOf(await buy(wallet, 1))).toEqual(["FLEET_SPEND"]);

  expect(await checkFleet(journal, "fleet:desk")).toMatchObject({ ok: true, entries: 4 });
  for (const { wallet } of wallets) {
    expect(await checkStream(journal, wallet)).toMatchObject({ ok: true });
    const limits = (await readLimits(journal, wallet))?.limits.find(({ limit }) => limit === "fleet.max_daily_spend_usd");
    expect(limits).toMatchObject({ used: decimal(100), left: decimal(0) });
  }
});

test("an entry of a fleet that no wallet's entry stands behind is found, and one that is missing", async () => {
  const [one] = wallets;
  if (!one) return expect.unreachable("there are two wallets");
  await buy(one, 10);
  const { seq } = await journal.head("fleet:desk");
  const body = { wallet: one.wallet, key: "0".repeat(64), spend_usd: "0", loss_usd: "0", ended: true, allowed_usd: "0" };
  await journal.commit([{ stream: "fleet:desk", after: seq, entries: [{ kind: "settled", body }] }], await world.clock.now());
  expect(await checkFleet(journal, "fleet:desk")).toMatchObject({ ok: false, first_bad: { seq: seq + 1 } });
  expect(await checkFleet(journal, "fleet:other")).toMatchObject({ ok: true, entries: 0 });
});
