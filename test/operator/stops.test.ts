import { encodeAbiParameters, keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { MandateError } from "../../src/core/errors.ts";
import type { CrashPoint } from "../../src/gateway/crash-point.ts";
import { openWallet } from "../../src/gateway/open-wallet.ts";
import { signOrder } from "../../src/gateway/operator/orders.ts";
import { readPinnedCopy } from "../../src/gateway/operator/pinned-copy.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, mandateOf } from "../support/house.ts";
import { codesOf, nonceOf, STRANGER, standingOf } from "../support/standing.ts";
import { type GovernedHouse, governedHouse, purchase, sale } from "./support/governed-house.ts";

const LIMITS = { max_slippage_bps: 100, max_exit_cost_bps: 100 };

/** Moves tokens with the wallet's key, past the gateway. */
async function byHand({ house: { world } }: GovernedHouse, usdc: bigint): Promise<void> {
  const { USDC } = EVM_BOOK.chains.base.assets;
  const { to, data } = encodeTransfer(USDC.address, STRANGER, usdc);
  const signed = await privateKeyToAccount(REHEARSAL_KEY).signTransaction({
    type: "eip1559",
    chainId: world.chainId,
    nonce: await nonceOf(world),
    to,
    data,
    gas: 100_000n,
    maxFeePerGas: 10_000_000_000n,
    maxPriorityFeePerGas: 0n,
  });
  await world.rpc("eth_sendRawTransactionSync", [signed]);
}

test("a freeze holds through a restart, lets exits through, and ends by the operator's word with its reason on record", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house } = governed;
  await governed.operator.freeze("I do not like it");
  expect(codesOf((await house.act(await purchase(house)))[0])).toEqual(["FROZEN"]);
  await house.restart();
  const { gateway, wallet } = house.opened;
  expect((await gateway.state(wallet)).stopped).toEqual({ code: "FROZEN_BY_OPERATOR", reason: "I do not like it" });
  expect(codesOf((await house.act(await purchase(house)))[0])).toEqual(["FROZEN"]);
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
  expect(await governed.operator.unfreeze("looked at it")).toBeNull();
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
});

test("a kill lets nothing of the agent's through, survives restarts, and is not undone by the word for a freeze", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house } = governed;
  await governed.operator.freeze("first");
  await governed.operator.kill("stop it all");
  await house.restart();
  const { assets, contracts } = EVM_BOOK.chains.base;
  const revoke = encodeApprove(assets.WETH.address, contracts.router.address, 0n);
  for (const actions of [await purchase(house), await sale(house), [evmAction(revoke)]]) {
    expect(codesOf((await house.act(actions))[0])).toContain("KILLED");
  }
  await expect(governed.operator.unfreeze("again")).rejects.toMatchObject({ code: "KILLED" });
  await governed.operator.freeze("also this");
  await expect(governed.operator.unfreeze("again")).rejects.toMatchObject({ code: "KILLED" });
  expect(await nonceOf(house.world)).toBe(0);
  expect(await governed.operator.unfreeze("it was a drill", true)).toBeNull();
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

test("a foreign transaction stops the wallet until the operator accepts what was shown, and nothing else", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator } = governed;
  await byHand(governed, 20_000_000n);
  await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "STOPPED" });
  const shown = await operator.standing();
  expect(shown.chains).toEqual([{ chain: "base", journal_nonce: 0, chain_nonce: 1, pending_nonce: 1 }]);
  const usdc = shown.holdings.find(({ asset }) => asset === "base/USDC");
  expect([usdc?.journal.toFixed(), usdc?.chain.toFixed()]).toEqual(["300", "280"]);
  await byHand(governed, 1_000_000n);
  const stale = { seen: shown.hash, why: "that was me", declare: false };
  await expect(operator.reconcile(stale)).rejects.toMatchObject({ code: "STANDING_MOVED" });
  const again = await operator.standing();
  expect(await operator.reconcile({ ...stale, seen: again.hash })).toEqual({ stopped: null, closed: [], moved_usd: "0" });
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
  expect(await standingOf(house)).toMatchObject({ journalHolds: true });
});

test("an unexplained decrease stays unexplained through cycles and an unfreeze, until it is accepted; exits pass meanwhile", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator } = governed;
  await house.act(await sale(house, "0.1", "298"));
  const { gateway, wallet } = house.opened;
  const { USDC } = EVM_BOOK.chains.base.assets;
  // Somebody whom the wallet had let take it: no nonce of ours moves.
  await gateway.open(wallet);
  await takeUsdc(governed, USDC.address);
  await gateway.open(wallet);
  await gateway.open(wallet);
  expect((await gateway.state(wallet)).stopped).toMatchObject({ code: "UNEXPLAINED_DECREASE" });
  expect(codesOf((await house.act(await purchase(house)))[0])).toEqual(["FROZEN"]);
  expect((await house.act(await sale(house)))[0]?.kind, "exits pass").toBe("confirmed");
  await operator.unfreeze("let us see");
  expect(codesOf((await house.act(await purchase(house)))[0])).toEqual(["FROZEN"]);
  const { hash } = await operator.standing();
  await operator.reconcile({ seen: hash, why: "a fee", declare: false });
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
});

/** Makes a wallet's USDC less without a transaction of its own. */
async function takeUsdc({ house: { world } }: GovernedHouse, token: `0x${string}`): Promise<void> {
  for (let slot = 0n; slot < 12n; slot += 1n) {
    const at = keccak256(encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [REHEARSAL_WALLET, slot]));
    const held = BigInt((await world.rpc("eth_getStorageAt", [token, at, "latest"])) as string);
    if (held < 1_000_000n) continue;
    await world.rpc("anvil_setStorageAt", [token, at, toHex(held - 50_000_000n, { size: 32 })]);
    await world.mine();
    return;
  }
  throw new MandateError("NO_SLOT", "the token keeps its balances elsewhere");
}

test("a declared withdrawal moves the high-water mark by its worth, one that is not declared is a loss", async () => {
  const marks: string[] = [];
  for (const declare of [true, false]) {
    await using governed = await governedHouse({ limits: LIMITS });
    const { house, operator } = governed;
    const { gateway, wallet } = house.opened;
    await gateway.open(wallet);
    await operator.freeze("I take money out");
    await byHand(governed, 100_000_000n);
    await gateway.open(wallet);
    const { hash } = await operator.standing();
    const { moved_usd } = await operator.reconcile({ seen: hash, why: "rent", declare });
    expect(moved_usd).toBe(declare ? "-100" : "0");
    await operator.unfreeze("done");
    await gateway.open(wallet);
    marks.push((await gateway.state(wallet)).high_water_usd?.toFixed(0) ?? "");
  }
  expect(marks).toEqual(["1400", "1500"]);
});

test("a declared deposit moves the mark once, however often the wallet is opened meanwhile", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator } = governed;
  const { gateway, wallet } = house.opened;
  await gateway.open(wallet);
  await operator.freeze("I put money in");
  await house.world.fund(REHEARSAL_WALLET, { USDC: "500" });
  for (let i = 0; i < 3; i += 1) await gateway.open(wallet);
  const { hash } = await operator.standing();
  expect((await operator.reconcile({ seen: hash, why: "savings", declare: true })).moved_usd).toBe("500");
  await operator.unfreeze("done");
  await gateway.open(wallet);
  expect((await gateway.state(wallet)).high_water_usd?.toFixed(0)).toBe("2000");
});

test("changed terms do not start until the operator amends them, wider or narrower, and then hold at once", async () => {
  await using governed = await governedHouse({ limits: { ...LIMITS, max_single_trade_usd: 100 } });
  const { house, operator } = governed;
  expect(codesOf((await house.act(await purchase(house)))[0])).toContain("TRADE_TOO_LARGE");
  const wider = mandateOf({ ...LIMITS, max_single_trade_usd: 200 }).terms;
  const from = termsHash(house.mandate.terms);
  await house.opened.close();
  const start = (terms: typeof wider) =>
    openWallet({
      home: house.home,
      terms,
      signer: privateKeyToAccount(REHEARSAL_KEY),
      keyFile: `${house.home}/key.json`,
      clock: house.world.clock,
      endpoints: { base: house.world.url },
      onMirrorFailure: (failure) => {
        throw failure;
      },
    });
  const narrower = mandateOf({ ...LIMITS, max_single_trade_usd: 50 }).terms;
  for (const terms of [wider, narrower]) await expect(start(terms)).rejects.toMatchObject({ code: "TERMS_CHANGED" });
  await house.restart();
  await expect(operator.amend(from, termsToJson(wider)), "the old gateway is closed").rejects.toMatchObject({
    code: "JOURNAL_CLOSED",
  });
  const now = governed.operator;
  await expect(now.amend("0".repeat(64), termsToJson(wider))).rejects.toMatchObject({ code: "STANDING_MOVED" });
  await expect(now.amend(from, { id: "nonsense" })).rejects.toMatchObject({ code: "TERMS_NOT_AMENDABLE" });
  const moved = { ...wider, accounts: { wallet: STRANGER } };
  await expect(now.amend(from, termsToJson(moved))).rejects.toMatchObject({ code: "TERMS_NOT_AMENDABLE" });
  const { WETH } = wider.book.chains.base?.assets ?? {};
  const chain = wider.book.chains.base;
  if (!chain || !WETH) return expect.unreachable("the book has WETH");
  const nothingThere = { ...chain, assets: { ...chain.assets, WETH: { ...WETH, address: STRANGER } } };
  const broken = { ...wider, book: { ...wider.book, chains: { base: nothingThere } } };
  await expect(now.amend(from, termsToJson(broken))).rejects.toMatchObject({ code: "TERMS_NOT_AMENDABLE" });
  expect(await now.amend(from, termsToJson(wider))).toBe(termsHash(wider));
  expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
  await house.opened.close();
  await expect(start(house.mandate.terms)).rejects.toMatchObject({ code: "TERMS_CHANGED" });
  const again = await start(wider);
  expect(readPinnedCopy(house.home)).toEqual({ terms: wider, operator: governed.key.publicKey });
  await again.close();
});

test.each(["freeze", "kill"] as const)(
  "a %s that is ordered while a request is judged holds before anything is signed",
  async (order) => {
    await using governed = await governedHouse({ limits: LIMITS });
    const { house } = governed;
    const { gateway, wallet } = house.opened;
    const { lease, cycle } = await gateway.open(wallet);
    const requests = [1, 2, 3].map(async (step) =>
      gateway.request({ wallet, lease, cycle, step, actions: await purchase(house, "20", "0.0066") }),
    );
    await governed.operator[order]("enough");
    for (const outcome of await Promise.all(requests)) expect(codesOf(outcome)).toContain(order === "kill" ? "KILLED" : "FROZEN");
    expect(await nonceOf(house.world)).toBe(0);
  },
);

test.each([
  ["written down", "after-reserve"],
  ["signed", "after-sign"],
] as const)(
  "a freeze that comes while a request is %s keeps it from being sent, and what it reserved is given back",
  async (_, point) => {
    let freeze: (() => Promise<unknown>) | null = null;
    let frozen: Promise<unknown> | null = null;
    const crash = (at: CrashPoint) => {
      if (at === point) frozen ??= freeze?.() ?? null;
    };
    await using governed = await governedHouse({ limits: LIMITS, crash });
    const { desk, key, house } = governed;
    const order = signOrder(key, await desk.hello(), "Freeze", { why: "enough" });
    freeze = () => desk.perform("Freeze", order);
    const buy = async () => (await house.act(await purchase(house, "20", "0.0066")))[0];
    expect(await buy()).toMatchObject({ kind: "released", reason: "it was never signed" });
    expect(await frozen).toMatchObject({ stopped: { code: "FROZEN_BY_OPERATOR" } });
    expect(codesOf(await buy())).toContain("FROZEN");
    expect(await nonceOf(house.world)).toBe(0);
    const { budgets } = await house.opened.gateway.state(house.opened.wallet);
    expect(budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed()).toBe("0");
  },
);

test("a freeze holds though another order took its number just before", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const others = governed.operator;
  const [frozen, killed] = await Promise.all([governed.operator.freeze("one person"), others.kill("another")]);
  expect([frozen?.code, killed?.code]).toContain("KILLED");
  expect((await governed.operator.hello()).number).toBe(3);
});

test("a freeze that waited for ten minutes is obeyed, and an unfreeze that did is not", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { desk, key, house } = governed;
  const why = { why: "it took its time" };
  const freeze = signOrder(key, await desk.hello(), "Freeze", why);
  await house.world.advance((await house.world.clock.now()) + 10 * MINUTE);
  await desk.perform("Freeze", freeze);
  const unfreeze = signOrder(key, await desk.hello(), "Unfreeze", { ...why, after_kill: false });
  await house.world.advance((await house.world.clock.now()) + 10 * MINUTE);
  await expect(desk.perform("Unfreeze", unfreeze)).rejects.toMatchObject({ code: "PROOF_INVALID" });
});
