import { encodeFunctionData, parseAbi } from "viem";
import { expect, test } from "vitest";
import { decimal, toUnits } from "../../src/core/decimal.ts";
import type { Address } from "../../src/core/hex.ts";
import type { Verdict } from "../../src/mandate/verdict.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { hookedTransferAbi, warpRouteAbi } from "../../src/protocols/hyperlane/abi.ts";
import { addressToBytes32 } from "../../src/protocols/hyperlane/message.ts";
import { EVM_ADDRESSES } from "../../src/worlds/anvil/evm-addresses.ts";
import { MAILBOX_DEPLOY_ABI, ROUTE_OWNER_ABI } from "../../src/worlds/anvil/hyperlane/hyperlane-abi.ts";
import type { TwoDomains } from "../../src/worlds/anvil/hyperlane/two-domains.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { swapActions } from "../support/house.ts";
import { sharedDomains } from "./support/shared-domains.ts";
import { BRIDGING, nextDay, on, sending, type TwoDomainHouse, underWay } from "./support/two-domain-house.ts";

const STRANGER: Address = "0x00000000000000000000000000000000000b0b00";
const ROUTER_ABI = parseAbi(["function multicall(uint256 deadline, bytes[] data) payable returns (bytes[])"]);

const two = sharedDomains();

async function verdictOf({ opened }: TwoDomainHouse, actions: readonly Action[]): Promise<Verdict> {
  const { gateway, wallet } = opened;
  const { lease, cycle } = await gateway.open(wallet);
  return gateway.preview({ wallet, lease, cycle, step: 1, actions: actions as [Action] });
}

async function codesOf(at: TwoDomainHouse, actions: readonly Action[]): Promise<readonly string[]> {
  const verdict = await verdictOf(at, actions);
  return verdict.kind === "deny" ? [...new Set(verdict.violations.map(({ code }) => code))].sort() : [verdict.kind];
}

function arriving(verdict: Verdict, asset: string): string {
  return verdict.effects.deltas.find((delta) => delta.asset === asset)?.least.toFixed() ?? "0";
}

/** An approval of a hundred USDC, and other bytes than an honest transfer's. */
function approved(data: `0x${string}`, value = two.domains.fee): readonly Action[] {
  const { usdc } = two.domains.base.routes;
  return [on("base", encodeApprove(EVM_ADDRESSES.tokens.USDC, usdc, 100_000_000n)), on("base", { to: usdc, data, value })];
}

function transferBytes(recipient: `0x${string}`, units = 100_000_000n, domain = two.domains.arb.domain): `0x${string}` {
  return encodeFunctionData({ abi: warpRouteAbi, functionName: "transferRemote", args: [domain, recipient, units] });
}

test("an honest transfer passes, and its effects are both sides and the message's fee", async () => {
  await using at = await two.house();
  const verdict = await verdictOf(at, sending(two.domains, { amount: "100" }));
  expect(verdict.kind).toBe("allow");
  expect(arriving(verdict, "base/USDC")).toBe("-100");
  expect(arriving(verdict, "arb/USDC")).toBe("100");
  expect(arriving(verdict, "base/ETH")).toBe("-0.0001");
  expect(verdict.kind === "allow" && verdict.atWorst).toMatchObject({ class: "trade", spend_usd: decimal(0) });
});

test("what a route carries under one symbol is one position wherever it lies, and moving it is no spend", async () => {
  const now = await two.domains.base.world.clock.now();
  const buying = swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now });
  for (const [most, codes] of [
    [5_000, ["POSITION_TOO_LARGE"]],
    [9_000, ["allow"]],
  ] as const) {
    await using at = await two.house({ limits: { ...BRIDGING, max_position_size_usd: most } });
    expect(await codesOf(at, buying)).toEqual(codes);
    const moving = await verdictOf(at, sending(two.domains, { route: "eth", amount: "0.1" }));
    expect(moving.kind === "allow" && moving.atWorst).toMatchObject({ class: "trade", spend_usd: decimal(0) });
  }
});

test("what is not in the book, or is nobody's, is refused by its bytes", async () => {
  await using at = await two.house();
  const own = addressToBytes32(REHEARSAL_WALLET);
  const dirty: `0x${string}` = `0x01${own.slice(4)}`;
  const hooked = encodeFunctionData({
    abi: hookedTransferAbi,
    functionName: "transferRemote",
    args: [two.domains.arb.domain, own, 100_000_000n, "0x", two.domains.base.contracts.hook],
  });
  const cases: readonly (readonly [string, readonly Action[], string])[] = [
    ["a domain that the book does not name", sending(two.domains, { amount: "100", domain: 5 }), "DESTINATION_NOT_ALLOWED"],
    ["its own domain", sending(two.domains, { amount: "100", domain: two.domains.base.domain }), "DESTINATION_NOT_ALLOWED"],
    ["a stranger", sending(two.domains, { amount: "100", recipient: STRANGER }), "RECIPIENT_NOT_ALLOWED"],
    [
      "the router itself",
      sending(two.domains, { amount: "100", recipient: two.domains.arb.routes.usdc }),
      "RECIPIENT_NOT_ALLOWED",
    ],
    ["the zero address", approved(transferBytes(`0x${"0".repeat(64)}`)), "RECIPIENT_NOT_ALLOWED"],
    ["a router's placeholder", approved(transferBytes(`0x${"0".repeat(63)}1`)), "RECIPIENT_NOT_ALLOWED"],
    ["an own address with something before it", approved(transferBytes(dirty)), "MALFORMED_CALL"],
    ["an own address at the wrong end", approved(transferBytes(`0x${own.slice(26)}${"0".repeat(24)}`)), "MALFORMED_CALL"],
    ["nothing", approved(transferBytes(own, 0n)), "MALFORMED_CALL"],
    ["bytes after the arguments", approved(`${transferBytes(own)}00`), "FUNCTION_NOT_ALLOWED"],
    ["a hook of the caller's own", approved(hooked), "FUNCTION_NOT_ALLOWED"],
    [
      "an owner's function",
      approved(encodeFunctionData({ abi: ROUTE_OWNER_ABI, functionName: "setHook", args: [STRANGER] })),
      "FUNCTION_NOT_ALLOWED",
    ],
  ];
  for (const [what, actions, code] of cases) expect(await codesOf(at, actions), what).toContain(code);
  const within = encodeFunctionData({ abi: ROUTER_ABI, functionName: "multicall", args: [2n ** 40n, [transferBytes(own)]] });
  const router = EVM_ADDRESSES.contracts.router;
  expect(await codesOf(at, [on("base", { to: router, data: within, value: 0n })])).toContain("FUNCTION_NOT_ALLOWED");
  expect((await at.kinds()).includes("signed")).toBe(false);
});

test("where nothing is guaranteed to arrive, all that leaves is the loss", async () => {
  await using at = await two.house();
  const lost = async (actions: readonly Action[]) => {
    const verdict = await verdictOf(at, actions);
    expect(verdict.kind === "deny" && verdict.violations.map(({ code }) => code)).toContain("SLIPPAGE");
    expect(arriving(verdict, "arb/USDC")).toBe("0");
    return verdict.effects.calls.at(-1)?.args.arrives ?? "";
  };
  // One hook takes its fee or reverts; the other says what it costs, and takes what it gets.
  expect(await codesOf(at, sending(two.domains, { amount: "100", value: two.domains.fee - 1n }))).toContain("WOULD_REVERT");
  await two.domains.base.site.call(two.domains.base.contracts.hook, parseAbi(["function setFee(uint256 fee)"]), "setFee", [1n]);
  expect(await lost(sending(two.domains, { amount: "100" }))).toContain("costs");
  expect(await codesOf(at, sending(two.domains, { amount: "100", value: two.domains.fee + 1n }))).toEqual(["allow"]);
  const value = two.domains.fee + 1n;
  const { site, routes } = two.domains.arb;
  await drain(two.domains, "99.999999");
  expect(await lost(sending(two.domains, { amount: "100", value }))).toContain("could not pay it out");
  expect(await codesOf(at, sending(two.domains, { amount: "99.999999", value }))).toEqual(["allow"]);
  await site.call(routes.usdc, ROUTE_OWNER_ABI, "unenrollRemoteRouter", [two.domains.base.domain]);
  expect(await lost(sending(two.domains, { amount: "50", value }))).toContain("could not pay it out");
});

test("a fee that is too large is lost, and so is what more is allowed than is sent", async () => {
  await using at = await two.house();
  expect(await codesOf(at, sending(two.domains, { amount: "100", value: two.domains.fee * 100n }))).toContain("SLIPPAGE");
  expect(await codesOf(at, sending(two.domains, { amount: "100", approve: "110" }))).toEqual(["ALLOWANCE_LEFT", "SLIPPAGE"]);
});

test("a refusal of a transfer names no largest amount, since less needs as much for its message", async () => {
  await using at = await two.house({ limits: { ...BRIDGING, max_single_trade_usd: 50 } });
  const verdict = await verdictOf(at, sending(two.domains, { amount: "100" }));
  expect(verdict).toMatchObject({ kind: "deny", violations: [{ code: "TRADE_TOO_LARGE", allowed: "50" }] });
  expect(verdict).not.toHaveProperty("largest");
});

test("collateral that own messages under way will take is not there for the next", async () => {
  await using at = await two.house();
  const [first] = await at.act(sending(two.domains, { amount: "150" }));
  expect(first?.kind).toBe("confirmed");
  expect(await codesOf(at, sending(two.domains, { amount: "100" }))).toEqual(["allow"]);
  await drain(two.domains, "240");
  expect(await codesOf(at, sending(two.domains, { amount: "100" }))).toContain("SLIPPAGE");
  expect(await codesOf(at, sending(two.domains, { amount: "90" }))).toEqual(["allow"]);
  // Two messages of one request take it one after the other.
  const both = [...sending(two.domains, { amount: "50" }), ...sending(two.domains, { amount: "50" })];
  expect(await codesOf(at, both)).toContain("SLIPPAGE");
});

test("what was not guaranteed to arrive is lost when it is judged, and counts as nothing while it is under way", async () => {
  await using at = await two.house({ limits: { ...BRIDGING, max_slippage_bps: "unlimited", max_exit_cost_bps: "unlimited" } });
  await drain(two.domains, "10");
  const [outcome] = await at.act(sending(two.domains, { amount: "100" }));
  expect(outcome?.kind).toBe("confirmed");
  expect(underWay(at)).toMatchObject([{ amount: "100", counted: "0" }]);
  const { gateway, wallet } = at.opened;
  const { under_way, budgets } = await gateway.state(wallet);
  expect(under_way).toMatchObject([{ to: "arb", asset: "arb/USDC", counts: false }]);
  expect(budgets.find(({ budget }) => budget === "max_daily_loss_usd")?.used.toNumber()).toBeGreaterThan(100);
});

/** Leaves so much USDC behind the router of "arb". */
async function drain({ arb }: TwoDomains, left: string): Promise<void> {
  const { world, routes } = arb;
  const abi = parseAbi(["function transfer(address to, uint256 amount)", "function balanceOf(address) view returns (uint256)"]);
  const token = EVM_ADDRESSES.tokens.USDC;
  const held = BigInt(
    (await world.rpc("eth_call", [
      { to: token, data: encodeFunctionData({ abi, functionName: "balanceOf", args: [routes.usdc] }) },
      "latest",
    ])) as `0x${string}`,
  );
  const amount = held - toUnits(decimal(left), 6);
  await world.rpc("anvil_setBalance", [routes.usdc, "0xde0b6b3a7640000"]);
  await world.rpc("anvil_impersonateAccount", [routes.usdc]);
  const data = encodeFunctionData({ abi, functionName: "transfer", args: [STRANGER, amount] });
  await world.rpc("eth_sendTransaction", [{ from: routes.usdc, to: token, data, gas: "0x30d40" }]);
}

test("a route that says another thing than the book, on either side, is refused", async () => {
  const { base, arb } = two.domains;
  const set = (side: typeof base, name: string, to: unknown) => side.site.call(side.routes.usdc, ROUTE_OWNER_ABI, name, [to]);
  const changes: readonly (readonly [string, () => Promise<void>])[] = [
    ["another router there", () => base.site.enroll(base.routes.usdc, arb.domain, arb.routes.dai)],
    ["a hook of the route's own", () => set(base, "setHook", base.contracts.ism)],
    [
      "another default hook",
      () => base.site.call(base.contracts.mailbox, MAILBOX_DEPLOY_ABI, "setDefaultHook", [base.contracts.ism]),
    ],
    ["another router here, seen from there", () => arb.site.enroll(arb.routes.usdc, base.domain, base.routes.dai)],
    ["another security module there", () => set(arb, "setInterchainSecurityModule", arb.contracts.hook)],
  ];
  await using at = await two.house();
  for (const [what, change] of changes) {
    const before = [await base.world.snapshot(), await arb.world.snapshot()] as const;
    await change();
    expect(await codesOf(at, sending(two.domains, { amount: "100" })), what).toContain("ROUTE_CHANGED");
    await base.world.revert(before[0]);
    await arb.world.revert(before[1]);
  }
  expect(await codesOf(at, sending(two.domains, { amount: "100" }))).toEqual(["allow"]);
  await arb.site.call(arb.routes.dai, ROUTE_OWNER_ABI, "setFeeRecipient", [STRANGER]);
  const back = sending(two.domains, { from: "arb", route: "dai", amount: "10" });
  expect(await codesOf(at, back)).toContain("ROUTE_CHANGED");
});

test("code that changed on the other side stops what is sent there", async () => {
  await using at = await two.house();
  await two.domains.arb.world.rpc("anvil_setCode", [two.domains.arb.contracts.ism, "0x60016000526020600060003960206000f3"]);
  expect(await codesOf(at, sending(two.domains, { amount: "100" }))).toContain("CODE_CHANGED");
});

test("a message that the mailbox takes from anybody else is no effect that is allowed", async () => {
  await using at = await two.house();
  // The route's code is the book's; what it sends goes elsewhere as soon as its owner says so, and the next look sees it.
  await two.domains.base.site.enroll(two.domains.base.routes.usdc, two.domains.arb.domain, STRANGER);
  const codes = await codesOf(at, sending(two.domains, { amount: "100" }));
  expect(codes).toEqual(expect.arrayContaining(["ROUTE_CHANGED", "SLIPPAGE", "UNEXPLAINED_EFFECT"]));
  expect(underWay(at)).toEqual([]);
});

test("what is sent for somebody who may be paid is a payment as far as it reaches them: the rest of it is lost", async () => {
  const { base } = two.domains;
  await using at = await two.house({ limits: { ...BRIDGING, allowed_recipients: [STRANGER] } });
  const paying = (value: bigint, approve = "10") => sending(two.domains, { amount: "10", recipient: STRANGER, value, approve });
  expect(await codesOf(at, paying(two.domains.fee))).toEqual(["allow"]);
  // A tenth of a coin for a message that costs a ten-thousandth.
  expect(await codesOf(at, paying(10n ** 17n))).toContain("SLIPPAGE");
  expect(
    await codesOf(at, sending(two.domains, { route: "eth", amount: "0.01", recipient: STRANGER, value: 10n ** 17n })),
  ).toContain("SLIPPAGE");
  await base.site.call(base.contracts.hook, parseAbi(["function setFee(uint256 fee)"]), "setFee", [1n]);
  expect(await codesOf(at, paying(two.domains.fee))).toContain("SLIPPAGE");
  expect(await codesOf(at, paying(two.domains.fee + 1n))).toEqual(["allow"]);
  await drain(two.domains, "9.999999");
  expect(await codesOf(at, paying(two.domains.fee + 1n))).toContain("SLIPPAGE");
});

test("what is under way for longer than a day is no value any more, and still a position that may come", async () => {
  const { base } = two.domains;
  const buying = async () => {
    const now = await base.world.clock.now();
    return swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now });
  };
  // 2.8 in all, of which a half goes over.
  await using at = await two.house({ limits: { ...BRIDGING, max_position_size_usd: 8_400 } });
  expect((await at.act(sending(two.domains, { route: "eth", amount: "0.5" })))[0]?.kind).toBe("confirmed");
  expect(await codesOf(at, await buying())).toEqual(["POSITION_TOO_LARGE"]);
  await nextDay(two.domains);
  expect(await codesOf(at, await buying())).toEqual(["POSITION_TOO_LARGE"]);
  const { gateway, wallet } = at.opened;
  expect((await gateway.state(wallet)).under_way).toMatchObject([{ counts: false }]);
  await at.relay("base");
  expect(await codesOf(at, await buying())).toEqual(["POSITION_TOO_LARGE"]);
});

test("a message that would bear the name of one delivered before a reorganisation arrives no second time, and is refused", async () => {
  await using at = await two.house();
  expect((await at.act(sending(two.domains, { amount: "100" })))[0]?.kind).toBe("confirmed");
  await at.relay("base");
  await at.act();
  await two.domains.base.world.rpc("anvil_reorg", [2, []]);
  await at.opened.gateway.settle(at.opened.wallet);
  await at.act();
  const verdict = await verdictOf(at, sending(two.domains, { amount: "100" }));
  expect(arriving(verdict, "arb/USDC")).toBe("0");
  expect(await codesOf(at, sending(two.domains, { amount: "100" }))).toContain("SLIPPAGE");
  // Another amount makes another message, which nobody has delivered.
  expect(await codesOf(at, sending(two.domains, { amount: "99" }))).toEqual(["allow"]);
});
