import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLimits } from "../../src/cli/journal/read-limits.ts";
import { renderLimits } from "../../src/cli/journal/render-limits.ts";
import { canonicalJson } from "../../src/core/json.ts";
import type { CrashPoint } from "../../src/gateway/crash-point.ts";
import { amend } from "../../src/gateway/operator/amend.ts";
import { stateWire } from "../../src/gateway/wire.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { EVM_ADDRESSES } from "../../src/worlds/anvil/evm-addresses.ts";
import { ROUTE_OWNER_ABI } from "../../src/worlds/anvil/hyperlane/hyperlane-abi.ts";
import { type TwoDomains, twoDomainBook } from "../../src/worlds/anvil/hyperlane/two-domains.ts";
import { copiesAtWrites } from "../support/copies-at-writes.ts";
import { mandateOf, swapActions } from "../support/house.ts";
import { type Fate, isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { sharedDomains } from "./support/shared-domains.ts";
import { BRIDGING, nextDay, openTwoDomainHouse, sending, type TwoDomainHouse, underWay } from "./support/two-domain-house.ts";

const two = sharedDomains();

async function standing({ opened: { gateway, wallet } }: TwoDomainHouse) {
  await gateway.settle(wallet);
  await gateway.open(wallet);
  const { holdings, stopped, high_water_usd } = await gateway.state(wallet);
  const held = Object.fromEntries(holdings.map(({ asset, amount }) => [asset, amount.toFixed()]));
  return { held, stopped, high: high_water_usd?.toFixed() };
}

/** The value that the last cycle began with. */
async function worthOf({ opened }: TwoDomainHouse): Promise<number> {
  let value = Number.NaN;
  for await (const { kind, body } of opened.stream.journal.read(opened.stream.stream)) {
    if (kind === "opened") value = Number((body as { value_usd: string }).value_usd);
  }
  return value;
}

/** The value that a request on the other side is judged by. */
async function judgedValue({ opened: { gateway, wallet } }: TwoDomainHouse): Promise<number> {
  const { lease, cycle } = await gateway.open(wallet);
  const actions = sending(two.domains, { from: "arb", amount: "100" }) as [Action, ...Action[]];
  const verdict = await gateway.preview({ wallet, lease, cycle, step: 1, actions });
  return verdict.kind === "allow" ? (verdict.atWorst.value_usd?.toNumber() ?? Number.NaN) : Number.NaN;
}

test("what is sent to another domain is under way until it is delivered, and counts once before and after", async () => {
  await using at = await two.house();
  const [outcome] = await at.act(sending(two.domains, { amount: "100" }));
  expect(outcome).toMatchObject({ kind: "confirmed", reason: null });
  expect(underWay(at)).toMatchObject([{ from: "base", to: "arb", asset: "arb/USDC", amount: "100", counted: "100" }]);
  const { high } = await standing(at);
  const value = await worthOf(at);
  await isShown(at);
  expect(await at.relay("base")).toBe(1);
  const after = await standing(at);
  expect(underWay(at)).toEqual([]);
  expect(after).toMatchObject({ stopped: null, high, held: { "base/USDC": "200", "arb/USDC": "400" } });
  expect(await worthOf(at)).toBeCloseTo(value, 6);
  expect((await at.kinds()).filter((kind) => kind === "delivered")).toHaveLength(1);
  expect(await at.verified()).toBe(true);
});

/** What is under way, through the contract's wire and in what the commands print. */
async function isShown({ opened: { gateway, wallet, stream } }: TwoDomainHouse): Promise<void> {
  const state = await gateway.state(wallet);
  expect(state.under_way).toMatchObject([{ from: "base", to: "arb", account: "wallet", asset: "arb/USDC", counts: true }]);
  expect(stateWire.parse(JSON.parse(canonicalJson(state))).under_way).toEqual(state.under_way);
  const limits = await readLimits(stream.journal, stream.stream);
  expect(limits && renderLimits(limits, { style: (_, text) => text })).toMatch(/under way from base to arb since .*: 100 USDC$/m);
}

test("a synthetic is minted there and burnt on the way back, and native coin goes by its value", async () => {
  await using at = await two.house();
  expect((await at.act(sending(two.domains, { route: "dai", amount: "50" })))[0]?.kind).toBe("confirmed");
  expect((await at.act(sending(two.domains, { route: "eth", amount: "0.1" })))[0]?.kind).toBe("confirmed");
  await at.relay("base");
  const there = await standing(at);
  expect(there).toMatchObject({ stopped: null, held: { "base/DAI": "150", "arb/hDAI": "50" } });
  expect(Number(there.held["arb/ETH"])).toBeCloseTo(1.1, 9);
  expect((await at.act(sending(two.domains, { from: "arb", route: "dai", amount: "40" })))[0]?.kind).toBe("confirmed");
  await at.relay("arb");
  expect(await standing(at)).toMatchObject({ stopped: null, held: { "base/DAI": "190", "arb/hDAI": "10" } });
  expect(await at.verified()).toBe(true);
});

test("money under way is no drawdown, on either side, and money that stays under way for a day is one", async () => {
  await using at = await two.house({ limits: { ...BRIDGING, stop_loss_pct: 3 } });
  const [first] = await at.act(sending(two.domains, { amount: "300" }));
  expect(first?.kind).toBe("confirmed");
  expect((await at.act(sending(two.domains, { route: "dai", amount: "50" })))[0]?.kind).toBe("confirmed");
  expect((await at.act(sending(two.domains, { from: "arb", amount: "100" })))[0]?.kind).toBe("confirmed");
  await nextDay(two.domains);
  const [late] = await at.act(sending(two.domains, { route: "dai", amount: "50" }));
  expect(late).toMatchObject({ kind: "refused" });
  expect(late?.kind === "refused" && late.verdict.kind === "deny" && late.verdict.violations.map(({ code }) => code)).toEqual([
    "DRAWDOWN",
  ]);
  expect(underWay(at)).toHaveLength(3);
  await at.relay("base");
  await at.relay("arb");
  expect((await at.act(sending(two.domains, { route: "dai", amount: "50" })))[0]?.kind).toBe("confirmed");
});

test("a crash between inclusion and settlement leaves one message under way, and a delivery meanwhile is counted once", async () => {
  class Killed extends Error {}
  for (const point of ["after-submit", "before-settle"] as const satisfies readonly CrashPoint[]) {
    let armed = true;
    const crash = (at: CrashPoint) => {
      if (at === point && armed) {
        armed = false;
        throw new Killed(at);
      }
    };
    await using at = await two.house({ crash });
    await expect(at.act(sending(two.domains, { amount: "100" }))).rejects.toThrow(Killed);
    await at.relay("base");
    await at.restart();
    expect(await standing(at)).toMatchObject({ stopped: null, held: { "base/USDC": "200", "arb/USDC": "400" } });
    expect(underWay(at)).toEqual([]);
    expect((await at.kinds()).filter((kind) => kind === "settled" || kind === "delivered")).toEqual(["settled", "delivered"]);
    expect(await at.verified()).toBe(true);
  }
});

test("killed at any write while a request settles in whose blocks a message arrived: each is on record once, and held once", async () => {
  await using at = await two.house();
  const { arb } = two.domains;
  await using proxy = await startRpcProxy(arb.world.url);
  const copies = mkdtempSync(join(tmpdir(), "mandate-copies-"));
  try {
    await at.act(sending(two.domains, { amount: "100" }));
    await at.restart({ endpoints: { arb: proxy.url } });
    let relayed: Promise<number> | undefined;
    proxy.meddle(async ({ method }): Promise<Fate> => {
      if (isSend(method)) relayed ??= at.relay("base");
      await relayed;
      return "forward";
    });
    const left = await copiesAtWrites(at.home, copies, async () => {
      expect((await at.act(sending(two.domains, { from: "arb", amount: "40" })))[0]?.kind).toBe("confirmed");
      await at.opened.gateway.open(at.opened.wallet);
    });
    const { arb: sent } = at.opened.stream.state.nonces;
    const seen = new Set<string>();
    for (const { at: moment, folder } of left.filter((one) => /^after .*journal\.sqlite$/.test(one.at))) {
      await at.opened.close();
      rmSync(at.home, { recursive: true });
      cpSync(folder, at.home, { recursive: true });
      await at.restart();
      // What was not on record yet would never have been sent.
      if (at.opened.stream.state.nonces.arb !== sent) continue;
      const before = await at.kinds();
      seen.add(
        `${before.filter((kind) => kind === "settled").length} settled, ${before.filter((kind) => kind === "delivered").length} delivered`,
      );
      await at.opened.gateway.start();
      expect(await standing(at), moment).toMatchObject({ stopped: null, held: { "base/USDC": "200", "arb/USDC": "360" } });
      expect(underWay(at), moment).toMatchObject([{ from: "arb", to: "base", counted: "40" }]);
      const kinds = (await at.kinds()).filter((kind) => kind === "settled" || kind === "delivered");
      expect(kinds.toSorted(), moment).toEqual(["delivered", "settled", "settled"]);
      expect(await at.verified(), moment).toBe(true);
    }
    expect([...seen]).toEqual(["1 settled, 0 delivered", "2 settled, 0 delivered", "2 settled, 1 delivered"]);
  } finally {
    rmSync(copies, { recursive: true });
  }
});

test("a reorganisation that drops the message takes it back, and what comes instead is under way once", async () => {
  await using at = await two.house();
  await at.act(sending(two.domains, { amount: "100" }));
  expect(underWay(at)).toHaveLength(1);
  await two.domains.base.world.rpc("anvil_reorg", [2, []]);
  await at.opened.gateway.open(at.opened.wallet);
  expect(underWay(at)).toEqual([]);
  expect((await at.kinds()).filter((kind) => kind === "reopened")).toHaveLength(1);
  const after = await standing(at);
  expect(after).toMatchObject({ stopped: null, held: { "base/USDC": "300", "arb/USDC": "300" } });
  expect((await at.act(sending(two.domains, { amount: "100" })))[0]?.kind).toBe("confirmed");
  expect(underWay(at)).toHaveLength(1);
  expect(await at.verified()).toBe(true);
});

test("a message that lands again after a reorganisation, and was delivered before it, is not under way a second time", async () => {
  await using at = await two.house();
  const { base } = two.domains;
  await using proxy = await startRpcProxy(base.world.url);
  await at.restart({ endpoints: { base: proxy.url } });
  await at.act(sending(two.domains, { amount: "100" }));
  const sent = [...new Set(proxy.sent)];
  await at.relay("base");
  expect(await standing(at)).toMatchObject({ held: { "arb/USDC": "400" } });
  await base.world.rpc("anvil_reorg", [2, []]);
  for (const bytes of sent) await base.world.rpc("eth_sendRawTransactionSync", [bytes]);
  expect(await standing(at)).toMatchObject({ stopped: null, held: { "base/USDC": "200", "arb/USDC": "400" } });
  expect(underWay(at)).toEqual([]);
  expect((await at.kinds()).filter((kind) => ["settled", "reopened", "delivered"].includes(kind))).toEqual([
    "settled",
    "delivered",
    "reopened",
    "settled",
  ]);
  expect(await at.verified()).toBe(true);
});

test("somebody else is paid on another domain only where the mandate names them, and the message's fee with it", async () => {
  const payee = "0x00000000000000000000000000000000000b0b00";
  await using at = await two.house({
    limits: { ...BRIDGING, allowed_recipients: [payee], max_slippage_bps: 0, max_exit_cost_bps: 0 },
  });
  const [outcome] = await at.act(sending(two.domains, { amount: "10", recipient: payee }));
  expect(outcome).toMatchObject({ kind: "confirmed" });
  expect(underWay(at)).toEqual([]);
  expect(at.opened.stream.state.requests.values()[0]?.reserved.class).toBe("spend");
});

test("a delivery that is not final yet is neither counted twice nor a deposit, and one that the chain takes back is under way", async () => {
  const book = (of: TwoDomains) => {
    const { chains } = twoDomainBook(of);
    return { chains: { ...chains, arb: { ...chains.arb, confirmations: 3 } } };
  };
  await using at = await two.house({ book });
  await at.act(sending(two.domains, { amount: "100" }));
  const { high } = await standing(at);
  const value = await worthOf(at);
  const before = await two.domains.arb.world.snapshot();
  await at.relay("base");
  expect(await standing(at)).toMatchObject({ stopped: null, high, held: { "arb/USDC": "300" } });
  expect(await worthOf(at)).toBeCloseTo(value, 6);
  expect(underWay(at)).toHaveLength(1);
  expect(await judgedValue(at)).toBeCloseTo(value, 6);
  await two.domains.arb.world.revert(before);
  expect(await judgedValue(at)).toBeCloseTo(value, 6);
  expect(await standing(at)).toMatchObject({ stopped: null, high, held: { "arb/USDC": "300" } });
});

test("what arrives in the blocks of an own request there is no effect of that request", async () => {
  await using at = await two.house();
  await at.act(sending(two.domains, { amount: "100" }));
  await using proxy = await startRpcProxy(two.domains.arb.world.url);
  // Between the approval and the transfer.
  let sends = 0;
  proxy.meddle(async ({ method }): Promise<Fate> => {
    if (isSend(method) && ++sends === 2) await at.relay("base");
    return "forward";
  });
  await at.restart({ endpoints: { arb: proxy.url } });
  expect((await at.act(sending(two.domains, { from: "arb", amount: "50" })))[0]).toMatchObject({ kind: "confirmed" });
  expect(sends).toBe(2);
  expect(await standing(at)).toMatchObject({ stopped: null, held: { "base/USDC": "200", "arb/USDC": "350" } });
  expect(underWay(at)).toHaveLength(1);
  expect(await at.verified()).toBe(true);
});

test("a route that is led elsewhere between judgment and inclusion stops the wallet, and nothing counts as under way", async () => {
  await using at = await two.house();
  const { base, arb } = two.domains;
  await using proxy = await startRpcProxy(base.world.url);
  let due = true;
  proxy.meddle(async ({ method }): Promise<Fate> => {
    if (isSend(method) && due) {
      due = false;
      await base.site.enroll(base.routes.usdc, arb.domain, arb.routes.dai);
    }
    return "forward";
  });
  await at.restart({ endpoints: { base: proxy.url } });
  await at.act(sending(two.domains, { amount: "100" }));
  const { stopped } = await at.opened.gateway.state(at.opened.wallet);
  expect(stopped?.code).toBe("OUT_OF_BOUNDS");
  expect(underWay(at)).toEqual([]);
});

test("less that arrives than the message said stops the wallet", async () => {
  await using at = await two.house();
  await at.act(sending(two.domains, { amount: "100" }));
  await at.relay("base");
  // As if the router had kept it: a mailbox that says delivered is not believed about the money.
  await two.domains.arb.world.rpc("anvil_dealERC20", [
    at.opened.wallet.slice("wallet:".length),
    two.domains.arb.world.addresses.assets.USDC.address,
    "0x11e1a300",
  ]);
  const { stopped } = await standing(at);
  expect(stopped?.code).toBe("UNEXPLAINED_DECREASE");
});

/** A contract that the book does not name. */
const elsewhere = EVM_ADDRESSES.contracts.multicall3;

test("a book that does not say what the chains say does not start", async () => {
  const wrong: readonly (readonly [string, (chains: ReturnType<typeof twoDomainBook>["chains"]) => unknown])[] = [
    [
      "scales",
      ({ base, arb }) => ({
        base: { ...base, contracts: { ...base.contracts, "usdc-route": { ...base.contracts["usdc-route"], scale: "1/1" } } },
        arb,
      }),
    ],
    [
      "route of",
      ({ base, arb }) => ({
        base: { ...base, contracts: { ...base.contracts, "usdc-route": { ...base.contracts["usdc-route"], token: "DAI" } } },
        arb,
      }),
    ],
    [
      "of domain",
      ({ base, arb }) => ({
        base,
        arb: { ...arb, contracts: { ...arb.contracts, mailbox: { ...arb.contracts.mailbox, domain: 7 } } },
      }),
    ],
    [
      "the hook",
      ({ base, arb }) => ({
        base: {
          ...base,
          contracts: { ...base.contracts, "required-hook": { ...base.contracts["required-hook"], address: elsewhere } },
        },
        arb,
      }),
    ],
    [
      "believes",
      ({ base, arb }) => ({
        base,
        arb: { ...arb, contracts: { ...arb.contracts, ism: { ...arb.contracts.ism, address: elsewhere } } },
      }),
    ],
  ];
  for (const [what, change] of wrong) {
    const opening = two.house({ book: (of) => ({ chains: change(twoDomainBook(of).chains) }) });
    await expect(opening, what).rejects.toMatchObject({ code: "WRONG_ROUTE", message: expect.stringContaining(what) });
  }
  await two.domains.arb.site.call(two.domains.arb.routes.usdc, ROUTE_OWNER_ABI, "unenrollRemoteRouter", [
    two.domains.base.domain,
  ]);
  await expect(openTwoDomainHouse({ domains: two.domains })).rejects.toMatchObject({ code: "WRONG_ROUTE" });
});

test("what is under way to a chain that an amendment took out of the book is shown, and is no part of the portfolio", async () => {
  await using at = await two.house({ limits: { ...BRIDGING, stop_loss_pct: 60 } });
  const { gateway, wallet } = at.opened;
  await at.act(sending(two.domains, { amount: "100" }));
  await at.act();
  const allowed_tokens = BRIDGING.allowed_tokens.filter((token) => token !== "hDAI");
  const alone = mandateOf({ ...BRIDGING, allowed_tokens, stop_loss_pct: 60 }).terms;
  const old = mandateOf({ ...BRIDGING, stop_loss_pct: 60 }, twoDomainBook(two.domains)).terms;
  const order = { text: "{}", signature: "" };
  const now = await two.domains.base.world.clock.now();
  await gateway.operate((desk) => amend(desk.wallet, { from: termsHash(old), terms: termsToJson(alone) }, order, now));
  await at.act();
  expect(await worthOf(at)).toBeGreaterThan(1_000);
  const buying = swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now });
  expect((await at.act(buying))[0]).toMatchObject({ kind: "confirmed" });
  expect((await gateway.state(wallet)).under_way).toMatchObject([{ to: "arb", counts: true }]);
});
