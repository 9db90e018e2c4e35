import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { DAY, MINUTE, SECOND } from "../../src/core/clock.ts";
import { gatewayClient } from "../../src/gateway/client.ts";
import type { Gateway, WalletId } from "../../src/gateway/contract.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import type { GatewayConfig } from "../../src/gateway/serve/run-gateway.ts";
import { requestWire } from "../../src/gateway/wire.ts";
import { readIntention } from "../../src/journal/read-intention.ts";
import { readReport } from "../../src/journal/read-report.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { classTransferOf } from "../../src/protocols/hyperliquid/class-transfer.ts";
import { infoClient } from "../../src/protocols/hyperliquid/info-client.ts";
import { hyperliquidScope } from "../../src/venues/hyperliquid/scope-of.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { hyperliquidStage } from "../../src/worlds/rehearsal/hyperliquid-stage.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { scratch } from "../e2e/support/scratch.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Asked = HyperliquidAction["action"];

const toSpot = (amount: string): Asked => ({ type: "usdClassTransfer", amount, toPerp: false });
const toPerp = (amount: string): Asked => ({ type: "usdClassTransfer", amount, toPerp: true });

/** Dollars of each class. */
async function purses({ info, account: { address } }: TradingHouse): Promise<{ readonly perp: string; readonly spot: string }> {
  const [perp, spot] = await Promise.all([info.perpState(address), info.spotState(address)]);
  const cash = spot.balances.find(({ coin }) => coin === "USDC")?.total;
  return { perp: perp.marginSummary.accountValue.toFixed(), spot: cash?.toFixed() ?? "0" };
}

const transfersOf = async ({ info, account }: TradingHouse) =>
  (await info.ledgerUpdates(account.address, 0)).filter(({ delta }) => delta.type === "accountClassTransfer").length;

async function refusal(house: TradingHouse, ...asked: readonly Asked[]): Promise<string> {
  const outcome = await house.act(...asked);
  if (outcome.kind !== "refused" || outcome.verdict.kind !== "deny") return outcome.kind;
  return outcome.verdict.violations.map(({ code, message }) => `${code}: ${message}`).join("\n");
}

test("the owner's key moves dollars between the classes and back, and no budget is used", async () => {
  await using house = await openHouse({ owner: "own" });
  expect((await house.act(toSpot("2500.5"))).kind).toBe("confirmed");
  expect(await purses(house)).toEqual({ perp: "7499.5", spot: "2500.5" });
  expect((await house.act(toPerp("500"))).kind).toBe("confirmed");
  expect(await purses(house)).toEqual({ perp: "7999.5", spot: "2000.5" });
  const state = await house.opened.gateway.state(house.opened.wallet);
  expect(state.stopped).toBeNull();
  expect(state.budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed()).toBe("0");
  // What the ledger says of them is explained: a gateway that starts again finds nothing foreign.
  await house.reopen();
  expect((await house.act(toSpot("10"))).kind).toBe("confirmed");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("without the owner's key, or without the mandate's word, nothing moves", async () => {
  await using keyless = await openHouse({ owner: "none" });
  expect(await refusal(keyless, toSpot("5"))).toContain("ACTION_NOT_ALLOWED: usdClassTransfer takes the owner's key");
  await expect(openHouse({ owner: "foreign" })).rejects.toMatchObject({ code: "WRONG_KEY" });
  expect(await transfersOf(keyless)).toBe(0);
});

test.each([
  ["more than is free in perpetuals", toSpot("10000.000001"), "are free there"],
  ["more than is free in spot", toPerp("5"), "$0 are free there"],
  ["dust", toSpot("0.5"), "$1 is the least"],
  ["more places than the venue has", toSpot("5.0000001"), "no action that is signed"],
  ["a sub-account in the amount", toSpot(`5 subaccount:0x${"11".repeat(20)}`), "no action that is signed"],
  ["a negative amount", toSpot("-5"), "no action that is signed"],
])("a transfer of %s is refused and never signed", async (_, asked, why) => {
  await using house = await openHouse({ owner: "own" });
  expect(await refusal(house, asked)).toContain(why);
  expect(await transfersOf(house)).toBe(0);
});

test("a transfer names nobody: a key that could is refused at the wire and by the judge", async () => {
  await using house = await openHouse({ owner: "own" });
  const [, other] = house.exchange.accounts;
  const request = (action: unknown) => ({
    ...{ wallet: house.opened.wallet, lease: 1, cycle: 1, step: 1 },
    actions: [{ rail: "hyperliquid", from: "wallet", action }],
  });
  expect(requestWire.safeParse(request(toSpot("5"))).success).toBe(true);
  for (const more of [{ destination: other?.address }, { user: other?.address }, { nonce: 1 }, { hyperliquidChain: "Mainnet" }]) {
    const named = { ...toSpot("5"), ...more } as Asked;
    expect(requestWire.safeParse(request(named)).success).toBe(false);
    expect(await refusal(house, named)).toContain("ACTION_NOT_ALLOWED");
  }
  expect(await refusal(house, { type: "usdSend", destination: other?.address, amount: "5" } as unknown as Asked)).toContain(
    "ACTION_NOT_ALLOWED",
  );
  expect(await refusal(house, toSpot("5"), toSpot("6"))).toContain("beside other actions");
  expect(await transfersOf(house)).toBe(0);
});

test("dollars that go round and round are held by the rates, and the same amount waits", async () => {
  await using house = await openHouse({ owner: "own", written: { max_trades_per_hour: "4" } });
  expect((await house.act(toSpot("100"))).kind).toBe("confirmed");
  expect((await house.act(toPerp("100"))).kind).toBe("confirmed");
  expect(await refusal(house, toSpot("100"))).toContain("within two minutes");
  const seen: string[] = [];
  for (let n = 0; n < 12; n++) seen.push(await refusal(house, n % 2 === 0 ? toSpot(String(10 + n)) : toPerp(String(9 + n))));
  expect(seen.filter((one) => one === "confirmed")).toHaveLength(2);
  expect(seen.at(-1)).toContain("TRADES_PER_HOUR");
});

test("a transfer whose answer is lost is open until the ledger tells of it, and is made once", async () => {
  await using house = await openHouse({ owner: "own" });
  house.exchange.faults.become({ rates: { cut_answer: 1 } });
  const open = await house.act(toSpot("1000"));
  house.exchange.faults.become({});
  // The ledger may tell of it before the answer would have come.
  expect(["open", "confirmed"]).toContain(open.kind);
  await house.settle();
  expect((await house.opened.gateway.state(house.opened.wallet)).open).toEqual([]);
  expect(await purses(house)).toEqual({ perp: "9000", spot: "1000" });
  expect(await transfersOf(house)).toBe(1);
});

test("a transfer that never came stays open, keeps no exit waiting, lets no other be made, and ends with its nonce", async () => {
  await using house = await openHouse({ owner: "own", step: 10 * MINUTE });
  const price = await house.price("BTC");
  const order = (buy: boolean): Asked => ({
    type: "order",
    orders: [
      { a: 0, b: buy, p: String(Math.round(price * (buy ? 1.005 : 0.995))), s: "0.01", r: !buy, t: { limit: { tif: "Ioc" } } },
    ],
    grouping: "na",
  });
  expect((await house.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 }, order(true))).kind).toBe(
    "confirmed",
  );
  house.exchange.faults.become({ rates: { cut_request: 1 } });
  expect((await house.act(toSpot("1000"))).kind).toBe("open");
  house.exchange.faults.become({});
  expect(await refusal(house, toSpot("900"))).toContain("IN_FLIGHT");
  await house.exchange.advance((await house.exchange.now()) + 30 * SECOND);
  await house.settle();
  expect(await refusal(house, toSpot("900"))).toContain("nobody knows yet whether an earlier one was made");
  expect((await house.act(order(false))).kind).toBe("confirmed");
  await house.exchange.advance((await house.exchange.now()) + 2 * DAY + MINUTE);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["released"]);
  expect((await house.act(toSpot("900"))).kind).toBe("confirmed");
  expect(await transfersOf(house)).toBe(1);
});

test("a transfer by hand is somebody else's, and stops the wallet", async () => {
  await using house = await openHouse({ owner: "own" });
  expect((await house.act(toSpot("100"))).kind).toBe("confirmed");
  house.exchange.exchange.usdClassTransfer(house.account.address, "100", false);
  expect(await refusal(house, toSpot("50"))).toContain("FROZEN");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped?.code).toBe("FOREIGN_ORDER");
});

test("dollars do not leave perpetuals from behind a position on cross margin, and come back while the wallet is stopped", async () => {
  await using house = await openHouse({
    owner: "own",
    written: { margin_mode: "cross", max_leverage: "10", max_margin_at_risk_usd: "20000", min_liquidation_distance_pct: "40" },
  });
  const price = await house.price("BTC");
  const size = (4000 / price).toFixed(3);
  const buy: Asked = {
    type: "order",
    orders: [{ a: 0, b: true, p: String(Math.round(price * 1.002)), s: size, r: false, t: { limit: { tif: "Ioc" } } }],
    grouping: "na",
  };
  const halves = { ...buy, orders: buy.orders.map((one) => ({ ...one, s: (1900 / price).toFixed(3) })) } as Asked;
  expect((await house.act({ type: "updateLeverage", asset: 0, isCross: true, leverage: 10 }, halves)).kind).toBe("confirmed");
  expect((await house.act(toSpot("1000"))).kind).toBe("confirmed");
  expect(await refusal(house, toSpot("8300"))).toContain("LIQUIDATION_DISTANCE");
  house.exchange.exchange.usdClassTransfer(house.account.address, "1", false);
  expect(await refusal(house, toSpot("20"))).toContain("FROZEN");
  expect((await house.act(toPerp("500"))).kind).toBe("confirmed");
});

/** The shipped portfolio, with leave to move dollars between the classes. */
function writeMandate(folder: string, { transfers = "yes" }: { readonly transfers?: "yes" | "no" } = {}): string {
  const shipped = readFileSync(join(import.meta.dirname, "..", "..", "mandates", "balanced-growth", "MANDATE.md"), "utf8");
  const file = join(folder, "MANDATE.md");
  writeFileSync(file, shipped.replace("api: world\n", `api: world\n        class_transfers: ${transfers}\n`));
  return file;
}

test.each(["yes", "no"] as const)(
  "with class_transfers: %s a rehearsal that wants more spot than there is money for in spot moves it, or says why not",
  async (transfers) => {
    const { folder, [Symbol.dispose]: dispose } = scratch();
    const plans: string[] = [];
    try {
      const wanted = { target_allocation: { "HYPE:spot": 0.2, USDC: 0.8 }, reasoning: "spot" };
      const report = await rehearse({
        ...{ file: writeMandate(folder, { transfers }), home: join(folder, "home"), seed: "classes", cycles: 2, version: "test" },
        fund: { perp: "9500", spot: "500" },
        mock: { rules: [{ when: {}, do: { kind: "prose", text: JSON.stringify(wanted) } }] },
        on: (event) => void (event.kind === "plan" && plans.push(event.plan.line)),
      });
      expect(report.journal_verified).toBe(true);
      if (transfers === "yes") expect(plans[0]).toMatch(/^Move \$1,5\d\d\.\d\d from perp to spot; Raise HYPE:spot/);
      else expect(plans.join("; ")).not.toContain("Move");
      const bought = report.trades.flatMap(({ changes }) => changes).find(({ asset }) => asset === "hl/HYPE:spot");
      expect(Number(bought?.amount ?? 0) > 40).toBe(transfers === "yes");
      // A purchase in spot pays its fee in coins: the journal knows what is held to the last of them.
      const journal = await openJournalReader(join(folder, "home", "journal.sqlite"));
      expect(await checkStream(journal, `wallet:${REHEARSAL_WALLET}`)).toMatchObject({ ok: true, first_bad: null });
      const told = await readReport(journal, `wallet:${REHEARSAL_WALLET}`);
      expect(told).toMatchObject({ cycles: 2, model_calls: report.model_calls });
      expect(told?.fees_usd?.toFixed(6)).toBe(report.portfolio?.rows[0]?.fees_usd.toFixed(6));
      expect(told?.model_usd.eq(report.model_cost_usd)).toBe(true);
      const intention = await readIntention(journal, `wallet:${REHEARSAL_WALLET}`);
      expect(intention?.decided?.targets.map(({ asset }) => asset)).toEqual(["hl/HYPE:spot", "hl/USDC"]);
      // Without the owner's key the plan says what it could not do.
      const reasons = [...(intention?.plan?.skipped ?? []), ...(intention?.plan?.clipped ?? [])].map(({ reason }) => reason);
      expect(reasons.some((reason) => reason === "no-transfer" || reason === "cash")).toBe(transfers === "no");
      await journal.close();
    } finally {
      dispose();
    }
  },
);

test.each(["after-sign", "after-commit", "after-submit", "before-settle"])(
  "a gateway that is killed %s makes a transfer at most once, and the one after it finds what came of it",
  async (crashAt) => {
    const { folder, [Symbol.dispose]: dispose } = scratch();
    const file = writeMandate(folder);
    const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET });
    const funds = { perp: "8000", spot: "2000" };
    const stage = await hyperliquidStage({ mandate, scope: hyperliquidScope(mandate), seed: "killed", funds, step: MINUTE });
    try {
      const password = "worth nothing";
      const keys = { key: stage.key, owner: stage.owner };
      for (const [name, privateKey] of Object.entries(keys)) {
        if (!privateKey) throw new Error("no owner");
        writeFileSync(join(folder, name), sealKeystore({ privateKey, class: "rehearsal", password }), { mode: 0o600 });
      }
      const config: GatewayConfig = {
        ...{
          file,
          home: join(folder, "home"),
          socket: join(folder, "g.sock"),
          keystore: join(folder, "key"),
          password,
          live: false,
        },
        owner: { keystore: join(folder, "owner"), password },
        world: { url: stage.url, wallet: stage.account },
      };
      const ask = async (contract: Gateway, wallet: WalletId) => {
        const { lease, cycle } = await contract.open(wallet);
        const action = { rail: "hyperliquid", from: "wallet", action: toSpot("1500") } as const;
        return contract.request({ wallet, lease, cycle, step: 1, actions: [action] });
      };
      const info = infoClient({ url: stage.url });
      const made = async () => {
        const ledger = await info.ledgerUpdates(stage.account, 0);
        return ledger.filter((entry) => classTransferOf(entry)?.usd.eq(1500)).length;
      };
      const first = await startGatewayProcess({ ...config, crashAt });
      const client = gatewayClient(first.socket);
      await expect(ask(client, first.wallet)).rejects.toThrow();
      client.close();
      await first.stop();
      expect(await made()).toBe(crashAt === "after-submit" || crashAt === "before-settle" ? 1 : 0);
      const second = await startGatewayProcess(config);
      const again = gatewayClient(second.socket);
      const outcomes = await again.settle(second.wallet);
      const state = await again.state(second.wallet);
      expect(state.stopped).toBeNull();
      expect(state.open).toHaveLength(crashAt === "after-commit" ? 1 : 0);
      expect(outcomes.map(({ kind }) => kind)).toEqual(
        { "after-sign": ["released"], "after-commit": ["open"], "after-submit": ["confirmed"], "before-settle": ["confirmed"] }[
          crashAt
        ],
      );
      expect(await made()).toBeLessThanOrEqual(1);
      again.close();
      await second.stop();
    } finally {
      await stage.stop();
      dispose();
    }
  },
);
