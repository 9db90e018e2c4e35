import { encodeAbiParameters, encodeFunctionData, keccak256, parseAbi, toHex } from "viem";
import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { toUnits } from "../../src/core/decimal.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { encodeTransfer } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { forkOf } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, swapActions } from "../support/house.ts";
import { type Fate, isSend, type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { codesOf, STRANGER, signedKept, standingOf } from "../support/standing.ts";
import {
  actsAs,
  authorization,
  openSigningHouse,
  PAYEE,
  PERMIT2,
  PERMIT2_ABI,
  PERMIT2_DOMAIN,
  permitTransfer,
  permitTransferData,
  pull,
  type SigningHouse,
  seconds,
  signAction,
  signatureIn,
  TOKEN,
  textOf,
  tokenDomain,
  typedData,
  USDC,
  usd,
  useAuthorization,
  WETH,
} from "./support/signing-house.ts";

const ROUTER = EVM_BOOK.chains.base.contracts.router.address;

/** Whether the journal, judged again from its entries alone, says what it says. */
async function judgedAgain({ opened: { stream } }: SigningHouse): Promise<void> {
  expect(await checkStream(stream.journal, stream.stream)).toMatchObject({ ok: true, first_bad: null });
}

/** Stands for a process that ends there: what it held in memory is gone. */
class Killed extends Error {}

async function settle(house: SigningHouse) {
  return house.opened.gateway.settle(house.opened.wallet);
}

test("an authorisation counts in full from the moment that it is signed, and as what moved once somebody used it", async () => {
  await using house = await openSigningHouse({ limits: { max_daily_spend_usd: 150 } });
  const first = await authorization(house);
  const outcome = await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), first));
  const signature = signatureIn(outcome);
  expect(await house.spent()).toBe("100");
  expect(await settle(house)).toMatchObject([{ kind: "open" }]);
  const second = await authorization(house, { value: usd("50.000001"), nonce: toHex(2, { size: 32 }) });
  expect(codesOf(await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), second)))).toEqual([
    "DAILY_SPEND",
  ]);
  const fits = await authorization(house, { value: usd(50), nonce: toHex(3, { size: 32 }) });
  expect((await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), fits))).kind).toBe("open");
  expect(await house.spent()).toBe("150");
  const live = await forkOf(house.world, 8453);
  try {
    await expect(useAuthorization({ world: live, token: house.token }, first, signature), "on another chain").rejects.toThrow(
      "reverted",
    );
  } finally {
    await live.stop();
  }
  await useAuthorization(house, first, signature);
  expect(await settle(house)).toMatchObject([
    { kind: "confirmed", done: [{ asset: "base/PUSD" }], transactions: [{ status: "success" }, { status: "success" }] },
    { kind: "open" },
  ]);
  expect(await house.balance(house.token, PAYEE)).toBe(usd(100));
  expect(await house.spent()).toBe("150");
  await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
  expect(await settle(house)).toMatchObject([{ kind: "released", reason: "it expired unused" }]);
  expect(await house.spent()).toBe("100");
  expect(signedKept(house.home)).toBe(0);
  await house.opened.gateway.open(house.opened.wallet);
  const { stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toBeNull();
  await judgedAgain(house);
});

test("what a Permit2 transfer leaves in the wallet comes back to the budget", async () => {
  await using house = await openSigningHouse({ limits: { max_daily_spend_usd: 200, max_single_trade_usd: 100 } });
  const first = await permitTransfer(house);
  const over = await permitTransfer(house, { amount: usd("100.000001"), nonce: 8n });
  expect(codesOf(await house.ask(permitTransferData(over)))).toEqual(["TRADE_TOO_LARGE"]);
  const one = signatureIn(await house.ask(permitTransferData(first)));
  const second = await permitTransfer(house, { nonce: 300n });
  const two = signatureIn(await house.ask(permitTransferData(second)));
  expect(await house.spent()).toBe("200");
  await pull(house, first, one, usd(40));
  await pull(house, second, two, usd(100));
  const outcomes = await settle(house);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["confirmed", "confirmed"]);
  // Each is told by the block in which its nonce was marked, though the larger move would fit the first as well.
  expect(outcomes.map(({ key }) => movedBy(house, key))).toEqual([["-40"], ["-100"]]);
  expect(await house.spent()).toBe("140");
  expect(await house.balance(USDC, PAYEE)).toBe(usd(140));
  await house.opened.gateway.open(house.opened.wallet);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  expect(codesOf(await house.ask(permitTransferData(first)))).toContain("SIGNATURE_NONCE");
});

test("what Permit2 is told by a permit is live until it is pulled or ends", async () => {
  await using house = await openSigningHouse({ limits: { max_daily_spend_usd: 100 } });
  const until = await seconds(house, 200);
  const details = { token: USDC, amount: usd(100), expiration: until, nonce: 0 };
  const message = { details, spender: PAYEE, sigDeadline: BigInt(until) };
  const signature = signatureIn(await house.ask(typedData("PermitSingle", PERMIT2_DOMAIN, message)));
  const permit = encodeFunctionData({ abi: PERMIT2_ABI, functionName: "permit", args: [REHEARSAL_WALLET, message, signature] });
  await actsAs(house.world, STRANGER, { to: PERMIT2, data: permit });
  const take = encodeFunctionData({
    abi: PERMIT2_ABI,
    functionName: "transferFrom",
    args: [REHEARSAL_WALLET, PAYEE, usd(30), USDC],
  });
  await actsAs(house.world, PAYEE, { to: PERMIT2, data: take });
  expect(await settle(house)).toMatchObject([{ kind: "open" }]);
  expect(await house.spent()).toBe("100");
  await house.opened.gateway.open(house.opened.wallet);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(await house.spent()).toBe("30");
  await judgedAgain(house);
});

test("an ERC-2612 permit is an approval: to code that takes from its caller alone, and spend for as long as it lives", async () => {
  await using house = await openSigningHouse({ limits: { max_daily_spend_usd: 100 } });
  const deadline = await seconds(house, 240);
  const permit = (change: object) =>
    typedData("Permit", tokenDomain(house.token), {
      owner: REHEARSAL_WALLET,
      spender: ROUTER,
      value: usd(100),
      nonce: 0,
      deadline,
      ...change,
    });
  expect(codesOf(await house.ask(permit({ spender: PAYEE })))).toContain("SPENDER_NOT_ALLOWED");
  expect(codesOf(await house.ask(permit({ nonce: 1 })))).toEqual(["SIGNATURE_NONCE"]);
  expect(codesOf(await house.ask(permit({ value: usd("100.000001") })))).toEqual(["DAILY_SPEND"]);
  const signature = signatureIn(await house.ask(permit({})));
  expect(codesOf(await house.ask(permit({ value: 1n })))).toContain("SIGNATURE_NONCE");
  const [r, s, v] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`, Number.parseInt(signature.slice(130), 16)];
  const args = [REHEARSAL_WALLET, ROUTER, usd(100), BigInt(deadline), v, r as `0x${string}`, s as `0x${string}`] as const;
  await actsAs(house.world, STRANGER, {
    to: house.token,
    data: encodeFunctionData({ abi: TOKEN, functionName: "permit", args }),
  });
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  // The allowance stands where the signature stood.
  expect(await house.spent()).toBe("100");
  await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
  expect(await house.spent()).toBe("100");
  await house.opened.gateway.open(house.opened.wallet);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  const revoke = encodeFunctionData({ abi: TOKEN, functionName: "approve", args: [ROUTER, 0n] });
  const [revoked] = await house.act([evmAction({ to: house.token, data: revoke, value: 0n })]);
  expect(revoked?.kind).toBe("confirmed");
  expect(await house.spent()).toBe("0");
  await judgedAgain(house);
});

test("a message for another chain, contract, owner, payee or time is refused, and so is every other kind of signature", async () => {
  await using house = await openSigningHouse();
  const good = await authorization(house);
  const asked = (
    change: object,
    domain: object = {},
    name: "TransferWithAuthorization" | "Permit" = "TransferWithAuthorization",
  ) => typedData(name, { ...tokenDomain(house.token), ...domain }, { ...good, ...change });
  const before = await standingOf(house);
  const cases: readonly (readonly [object | string, string])[] = [
    [asked({}, { chainId: 1 }), "SIGNATURE_DOMAIN"],
    [asked({}, { name: "USD Coin" }), "SIGNATURE_DOMAIN"],
    [asked({}, { version: "2" }), "SIGNATURE_DOMAIN"],
    [asked({}, { verifyingContract: USDC }), "SIGNATURE_DOMAIN"],
    [asked({}, { verifyingContract: STRANGER }), "SIGNATURE_DOMAIN"],
    [asked({}, { salt: toHex(1, { size: 32 }) }), "MALFORMED_SIGNATURE"],
    [asked({ from: STRANGER }), "SIGNATURE_OWNER"],
    [asked({ to: STRANGER }), "RECIPIENT_NOT_ALLOWED"],
    [asked({ to: REHEARSAL_WALLET }), "MALFORMED_SIGNATURE"],
    [asked({ value: 0n }), "MALFORMED_SIGNATURE"],
    [asked({ validAfter: await seconds(house, 60) }), "SIGNATURE_SLEEPS"],
    [asked({ validBefore: await seconds(house, 302) }), "DEADLINE_TOO_FAR"],
    [asked({ validBefore: 2n ** 256n - 1n }), "DEADLINE_TOO_FAR"],
    [asked({ extra: 1 }), "MALFORMED_SIGNATURE"],
    [{ ...asked({}), types: { TransferWithAuthorization: [{ name: "from", type: "address" }] } }, "SIGNING_NOT_ALLOWED"],
    [{ ...asked({}), primaryType: "Permit" }, "SIGNING_NOT_ALLOWED"],
    ["0x68656c6c6f", "SIGNING_NOT_ALLOWED"],
    ["\u0019Ethereum Signed Message:\n5hello", "SIGNING_NOT_ALLOWED"],
    [toHex(7, { size: 32 }), "SIGNING_NOT_ALLOWED"],
    [{ chainId: 31337, address: STRANGER, nonce: 1 }, "SIGNING_NOT_ALLOWED"],
    [typedData("PermitTransferFrom", { ...PERMIT2_DOMAIN, verifyingContract: house.token }, {}), "MALFORMED_SIGNATURE"],
    [permitTransferData(await permitTransfer(house, { spender: STRANGER })), "RECIPIENT_NOT_ALLOWED"],
  ];
  for (const [data, code] of cases)
    expect([code, codesOf(await house.ask(data))]).toEqual([code, expect.arrayContaining([code])]);
  const pay = evmAction(encodeTransfer(house.token, PAYEE, 1n));
  const [mixed] = await house.act([signAction(textOf(asked({}))), pay]);
  expect(codesOf(mixed)).toContain("SIGNING_NOT_ALLOWED");
  expect(await standingOf(house)).toEqual(before);
});

test("a type that is not listed is signed by nobody, and none is listed unless the mandate says so", async () => {
  await using house = await openSigningHouse({ limits: { allowed_signatures: ["PermitSingle"] } });
  const message = await authorization(house);
  expect(codesOf(await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), message)))).toEqual([
    "SIGNING_NOT_ALLOWED",
  ]);
});

test("a signature goes to whoever asked for it and nowhere else: not to the journal, the state or a settlement", async () => {
  await using house = await openSigningHouse();
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const data = permitTransferData(await permitTransfer(house));
  const request = { wallet, lease, cycle, step: 1, actions: [signAction(textOf(data))] as const };
  const signature = signatureIn(await gateway.request(request));
  expect(signatureIn(await gateway.request(request))).toBe(signature);
  await house.restart();
  expect(signatureIn(await house.opened.gateway.request(request))).toBe(signature);
  const told = JSON.stringify([await house.opened.gateway.state(wallet), await house.opened.gateway.settle(wallet)]);
  expect(told).not.toContain(signature.slice(2, 40));
  for await (const entry of house.opened.stream.journal.read(house.opened.stream.stream)) {
    expect(JSON.stringify(entry)).not.toContain(signature.slice(2, 40));
  }
  expect((await standingOf(house)).journalHolds).toBe(true);
});

test("a live signature keeps no trade waiting, and what is taken by it in the same blocks is no effect of the trade", async () => {
  let proxy: RpcProxy | undefined;
  await using house = await openSigningHouse({
    through: async (world) => {
      proxy = await startRpcProxy(world.url);
      return proxy.url;
    },
  });
  const { world } = house;
  const sent = await permitTransfer(house);
  const signature = signatureIn(await house.ask(permitTransferData(sent)));
  const floor = world.truePrice("WETH").pow(-1).times(50).times("0.99").toFixed(18);
  const swap = swapActions({ sell: "USDC", buy: "WETH", amount: "50", floor, now: await world.clock.now() });
  let sends = 0;
  proxy?.meddle(async ({ method }): Promise<Fate> => {
    if (isSend(method)) sends += 1;
    // Between the approval and the swap.
    if (isSend(method) && sends === 2) await pull(house, sent, signature);
    return "forward";
  });
  const [swapped] = await house.act(swap);
  expect(sends).toBe(2);
  expect(swapped).toMatchObject({ kind: "confirmed" });
  expect(swapped?.kind === "confirmed" && swapped.done.find(({ asset }) => asset === "base/USDC")?.amount.toFixed()).toBe("-50");
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(await house.spent()).toBe("150");
  await house.opened.gateway.open(house.opened.wallet);
  const { stopped, holdings } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toBeNull();
  expect(holdings.find(({ asset }) => asset === "base/USDC")?.amount.toFixed()).toBe("850");
  await judgedAgain(house);
  await proxy?.[Symbol.asyncDispose]();
});

test("an accomplice who waits for the price to rise gets the tokens that were signed for, which counted from the first moment", async () => {
  await using house = await openSigningHouse({ limits: { max_daily_spend_usd: 100, max_single_trade_usd: 100 } });
  const { world } = house;
  const amount = toUnits(world.truePrice("WETH").pow(-1).times(99), 18);
  const message = await permitTransfer(house, { amount, token: WETH });
  const signature = signatureIn(await house.ask(permitTransferData(message)));
  const counted = await house.spent();
  await world.setTruePrice("WETH", world.truePrice("WETH").times("1.2"));
  expect(codesOf(await house.ask(permitTransferData(await permitTransfer(house, { nonce: 8n }))))).toContain("DAILY_SPEND");
  await pull(house, message, signature);
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(await house.balance(WETH, PAYEE)).toBe(amount);
  expect(await house.spent()).toBe(counted);
  expect(Number(counted)).toBeGreaterThan(98);
});

test("what no message explains stops the wallet, beside one that was used too", async () => {
  await using house = await openSigningHouse();
  const message = await authorization(house);
  const signature = signatureIn(await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), message)));
  await useAuthorization(house, message, signature);
  // The token lets somebody take what the gateway let nobody have.
  await actsAs(house.world, PERMIT2, {
    to: USDC,
    data: encodeFunctionData({ abi: TOKEN, functionName: "transferFrom", args: [REHEARSAL_WALLET, PAYEE, usd(10)] }),
  });
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  await house.opened.gateway.open(house.opened.wallet);
  const { stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toMatchObject({ code: "UNEXPLAINED_DECREASE" });
  const later = await authorization(house, { nonce: toHex(2, { size: 32 }) });
  expect(codesOf(await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), later)))).toContain("FROZEN");
});

test.each(["after-reserve", "after-sign", "after-commit", "before-settle"] as const)(
  "killed %s: at most one signature a key, and what may have got out stays reserved",
  async (point) => {
    let armed = true;
    await using house = await openSigningHouse({
      crash: (at) => {
        if (armed && at === point) throw new Killed();
      },
    });
    const { gateway, wallet } = house.opened;
    const { lease, cycle } = await gateway.open(wallet);
    const message = await permitTransfer(house);
    const actions = [signAction(textOf(permitTransferData(message)))] as const;
    const request = { wallet, lease, cycle, step: 1, actions };
    const asked = await gateway.request(request).catch((error: unknown) => error);
    if (point === "before-settle") {
      await pull(house, message, signatureIn(asked as Outcome));
      await expect(gateway.settle(wallet)).rejects.toThrow(Killed);
    } else expect(asked).toBeInstanceOf(Killed);
    armed = false;
    await house.restart();
    const [settled] = await settle(house);
    const again = await house.opened.gateway.request(request);
    if (point === "after-commit") {
      expect(await house.spent()).toBe("100");
      const signature = signatureIn(again);
      await pull(house, message, signature);
      expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
      expect(await house.spent()).toBe("100");
      return;
    }
    expect(settled?.kind).toBe(point === "before-settle" ? "confirmed" : "released");
    expect(again.kind).toBe(settled?.kind);
    expect(again).not.toHaveProperty("signature");
    expect(await house.spent()).toBe(point === "before-settle" ? "100" : "0");
  },
);

test("once it is stopped nothing is signed, and what a crash kept back does not come out", async () => {
  let armed = true;
  await using house = await openSigningHouse({
    limits: { max_consecutive_failures: 1 },
    crash: (at) => {
      if (armed && at === "after-commit") throw new Killed();
    },
  });
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const actions = [signAction(textOf(permitTransferData(await permitTransfer(house))))] as const;
  const request = { wallet, lease, cycle, step: 1, actions };
  await expect(gateway.request(request)).rejects.toThrow(Killed);
  armed = false;
  await house.restart();
  await house.opened.stream.commit(
    [{ kind: "stopped", body: { code: "KILLED", reason: "by hand" } }],
    await house.world.clock.now(),
  );
  const again = await house.opened.gateway.request(request);
  expect(again.kind).toBe("open");
  expect(again).not.toHaveProperty("signature");
  expect(codesOf(await house.ask(permitTransferData(await permitTransfer(house, { nonce: 9n }))))).toEqual(
    expect.arrayContaining(["KILLED", "FROZEN"]),
  );
});

test("a use that the chain takes back is live again, and counts in full", async () => {
  await using house = await openSigningHouse();
  const { world } = house;
  const message = await permitTransfer(house);
  const signature = signatureIn(await house.ask(permitTransferData(message)));
  const before = await world.snapshot();
  await pull(house, message, signature, usd(40));
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(await house.spent()).toBe("40");
  await world.revert(before);
  await world.mine();
  await house.opened.gateway.open(house.opened.wallet);
  expect(await house.spent()).toBe("100");
  expect(await settle(house)).toMatchObject([{ kind: "open" }]);
  await pull(house, message, signature, usd(90));
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(await house.spent()).toBe("90");
  await house.opened.gateway.open(house.opened.wallet);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("a message that was used while its tokens went without a log gives nothing back, and stops the wallet", async () => {
  await using house = await openSigningHouse();
  const message = await permitTransfer(house);
  await pull(house, message, signatureIn(await house.ask(permitTransferData(message))), 0n);
  const slot = keccak256(encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [REHEARSAL_WALLET, 0n]));
  await house.world.rpc("anvil_setStorageAt", [USDC, slot, toHex(usd(950), { size: 32 })]);
  await house.world.mine();
  expect(await settle(house)).toMatchObject([{ kind: "unresolved" }]);
  expect(await settle(house)).toMatchObject([{ kind: "unresolved" }]);
  expect(await house.spent()).toBe("100");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toMatchObject({ code: "UNEXPLAINED_DECREASE" });
});

test("a Permit2 message whose nonce was thrown away stands for nobody else's move", async () => {
  await using house = await openSigningHouse({ limits: { max_daily_spend_usd: 500 } });
  const [thrown, used] = [await permitTransfer(house), await permitTransfer(house, { nonce: 300n, amount: usd(60) })];
  await house.ask(permitTransferData(thrown));
  const signature = signatureIn(await house.ask(permitTransferData(used)));
  const invalidate = encodeFunctionData({
    abi: parseAbi(["function invalidateUnorderedNonces(uint256 wordPos, uint256 mask)"]),
    functionName: "invalidateUnorderedNonces",
    args: [0n, 1n << 7n],
  });
  const nonce = await house.world.rpc("eth_getTransactionCount", [REHEARSAL_WALLET, "latest"]);
  await actsAs(house.world, REHEARSAL_WALLET, { to: PERMIT2, data: invalidate });
  await house.world.rpc("anvil_setNonce", [REHEARSAL_WALLET, nonce]);
  await pull(house, used, signature);
  const outcomes = await settle(house);
  expect(outcomes.map(({ kind, key }) => [kind, movedBy(house, key)])).toEqual([
    ["released", []],
    ["confirmed", ["-60"]],
  ]);
  expect(await house.spent()).toBe("60");
});

/** What a request's settlement says that moved. */
function movedBy({ opened }: SigningHouse, key: string): readonly string[] {
  return opened.stream.state.requests.get(key)?.settled?.deltas.map(({ amount }) => amount) ?? [];
}
