import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFunctionData, parseAbi, toHex } from "viem";
import { afterAll, expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { InvariantError } from "../../src/core/errors.ts";
import type { Hex } from "../../src/core/hex.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { createOperatorKey, readOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type LyingNode, startLyingNode } from "../effects/support/lying-node.ts";
import { evmAction, swapActions } from "../support/house.ts";
import { codesOf, STRANGER } from "../support/standing.ts";
import {
  actsAs,
  authorization,
  openSigningHouse,
  PERMIT2,
  PERMIT2_ABI,
  permitTransfer,
  permitTransferData,
  pull,
  type SigningHouse,
  seconds,
  signatureIn,
  TOKEN,
  tokenDomain,
  typedData,
  USDC,
  usd,
  WETH,
} from "./support/signing-house.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-operator-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "operator.key");
const operatorKey = createOperatorKey(file);
const ROUTER = EVM_BOOK.chains.base.contracts.router.address;

function settle({ opened: { gateway, wallet } }: SigningHouse): Promise<readonly Outcome[]> {
  return gateway.settle(wallet);
}

async function stoppedOf({ opened: { gateway, wallet } }: SigningHouse) {
  return (await gateway.state(wallet)).stopped;
}

/** A node that can be made to lie, and a house that has nothing else. */
async function doubtfulHouse(options: { readonly operatorKey?: string } = {}) {
  let node: LyingNode | undefined;
  const house = await openSigningHouse({
    ...options,
    through: async (world) => {
      node = await startLyingNode(world.url);
      return node.url;
    },
  });
  if (!node) throw new InvariantError("the house has a node");
  return { house, node };
}

const NONCES = parseAbi(["function nonceBitmap(address owner, uint256 word) view returns (uint256)"]);

/** What the node says of Permit2's first word of nonces, whatever it is. */
function sayOfNonces(node: LyingNode, word: Hex): void {
  const asked = encodeFunctionData({ abi: NONCES, args: [REHEARSAL_WALLET, 0n] });
  node.lie("eth_call", (result, [call]) => ((call as { data?: string }).data === asked ? word : result));
}

function buy(house: SigningHouse, amount: string, now: number) {
  const floor = house.world.truePrice("WETH").pow(-1).times(amount).times("0.99").toFixed(18);
  return swapActions({ sell: "USDC", buy: "WETH", amount, floor, now });
}

test("cash that a live signature may take is no cash that is kept: neither another signature nor a trade has it again", async () => {
  await using house = await openSigningHouse({ limits: { min_cash_usd: 800 } });
  expect((await house.ask(permitTransferData(await permitTransfer(house, { amount: usd(150) })))).kind).toBe("open");
  const second = await permitTransfer(house, { amount: usd("50.000001"), nonce: 8n });
  expect(codesOf(await house.ask(permitTransferData(second)))).toEqual(["MIN_CASH"]);
  const [traded] = await house.act(buy(house, "51", await house.world.clock.now()));
  expect(codesOf(traded)).toEqual(["MIN_CASH"]);
  expect((await house.ask(permitTransferData({ ...second, amount: usd(50) }))).kind).toBe("open");
});

test("a permit that is live and an allowance that stands are one trade together", async () => {
  await using house = await openSigningHouse({ limits: { max_single_trade_usd: 100 } });
  const deadline = await seconds(house, 240);
  const message = { owner: REHEARSAL_WALLET, spender: ROUTER, value: usd(60), nonce: 0, deadline };
  expect((await house.ask(typedData("Permit", tokenDomain(house.token), message))).kind).toBe("open");
  const [over] = await house.act([evmAction(encodeApprove(USDC, ROUTER, usd("40.000001")))]);
  expect(codesOf(over)).toEqual(["TRADE_TOO_LARGE"]);
  const [fits] = await house.act([evmAction(encodeApprove(USDC, ROUTER, usd(40)))]);
  expect(fits?.kind).toBe("confirmed");
});

test("a permit that is live is in the question to the operator, beside what another leaves allowed", async () => {
  await using house = await openSigningHouse({ limits: { require_human_approval_above_usd: 100 } });
  const deadline = await seconds(house, 240);
  const message = { owner: REHEARSAL_WALLET, spender: ROUTER, value: usd(60), nonce: 0, deadline };
  expect((await house.ask(typedData("Permit", tokenDomain(house.token), message))).kind).toBe("open");
  const [asked] = await house.act([evmAction(encodeApprove(USDC, ROUTER, usd("40.000001")))]);
  expect(codesOf(asked)).toEqual(["NEEDS_APPROVAL"]);
});

test("what a payee moves from the wallet to the wallet has left nobody, and pays for no trade's loss", async () => {
  await using house = await openSigningHouse();
  const sent = await permitTransfer(house, { amount: usd(100) });
  const signature = signatureIn(await house.ask(permitTransferData(sent)));
  const permit = { permitted: { token: USDC, amount: sent.amount }, nonce: sent.nonce, deadline: sent.deadline };
  const details = { to: REHEARSAL_WALLET, requestedAmount: sent.amount } as const;
  const args = [permit, details, REHEARSAL_WALLET, signature] as const;
  await actsAs(house.world, sent.spender, {
    to: PERMIT2,
    data: encodeFunctionData({ abi: PERMIT2_ABI, functionName: "permitTransferFrom", args }),
  });
  expect(await settle(house)).toMatchObject([{ kind: "released", done: [] }]);
  expect(await house.spent()).toBe("0");
});

test("a node that cannot say whether a signature was used gives nothing back", async () => {
  const { house, node } = await doubtfulHouse();
  try {
    const message = await authorization(house);
    const signature = signatureIn(await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), message)));
    const { gateway, wallet } = house.opened;
    await actsAs(house.world, STRANGER, {
      to: house.token,
      data: encodeFunctionData({
        abi: TOKEN,
        functionName: "transferWithAuthorization",
        args: [message.from, message.to, message.value, 0n, BigInt(message.validBefore), message.nonce, signature],
      }),
    });
    await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
    node.hide("eth_call");
    const [told] = await gateway.settle(wallet).catch(() => []);
    expect(told?.kind ?? "open").toBe("open");
    expect(await house.spent()).toBe("100");
    node.honest();
    expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
    expect(await house.spent()).toBe("100");
  } finally {
    await house[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  }
});

test("a node that calls a used signature unused gives nothing back, and the wallet is stopped", async () => {
  const { house, node } = await doubtfulHouse();
  try {
    const sent = await permitTransfer(house);
    const signature = signatureIn(await house.ask(permitTransferData(sent)));
    await pull(house, sent, signature);
    await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
    sayOfNonces(node, toHex(0, { size: 32 }));
    expect(await settle(house)).toMatchObject([{ kind: "unresolved" }]);
    expect(await house.spent()).toBe("100");
    expect(await stoppedOf(house)).toMatchObject({ code: "UNEXPLAINED_DECREASE" });
  } finally {
    await house[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  }
});

test("a person closes a message of which no node tells whether it was used, at its full amount", async () => {
  const { house, node } = await doubtfulHouse({ operatorKey });
  try {
    expect((await house.ask(permitTransferData(await permitTransfer(house)))).kind).toBe("open");
    sayOfNonces(node, "0x");
    const { desk } = house.opened;
    if (!desk) return expect.unreachable("the house has an operator");
    const operator = operatorAt(desk, readOperatorKey(file));
    const soon = await operator.standing();
    expect((await operator.reconcile({ seen: soon.hash, why: "too early", declare: false })).closed).toEqual([]);
    await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
    const { hash } = await operator.standing();
    expect((await operator.reconcile({ seen: hash, why: "the node is no good", declare: false })).closed).toHaveLength(1);
    expect(await house.spent()).toBe("100");
    expect((await house.opened.gateway.state(house.opened.wallet)).open).toEqual([]);
  } finally {
    await house[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  }
});

test("a gateway that was away for a day settles a used signature by a node that tells logs of few blocks at a time", async () => {
  const { house, node } = await doubtfulHouse();
  try {
    const sent = await permitTransfer(house);
    const signature = signatureIn(await house.ask(permitTransferData(sent)));
    await house.world.rpc("anvil_mine", [toHex(100), "0x1"]);
    await pull(house, sent, signature);
    await house.world.rpc("anvil_mine", [toHex(1_200), "0x48"]);
    const asked: number[] = [];
    node.lie("eth_getLogs", (result, [filter]) => {
      const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string };
      asked.push(Number(toBlock) - Number(fromBlock) + 1);
      return result;
    });
    expect(await settle(house)).toMatchObject([{ kind: "confirmed", done: [{ asset: "base/USDC" }] }]);
    expect(Math.max(...asked)).toBeLessThanOrEqual(500);
    expect(asked.length).toBe(1);
    expect(await house.spent()).toBe("100");
  } finally {
    await house[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  }
});

test("a node that tells no logs keeps nobody in: the signature stays open in full, and what was held is sold", async () => {
  const { house, node } = await doubtfulHouse();
  try {
    const sent = await permitTransfer(house);
    await pull(house, sent, signatureIn(await house.ask(permitTransferData(sent))));
    await house.world.mine();
    node.hide("eth_getLogs");
    expect(await settle(house)).toMatchObject([{ kind: "open" }]);
    const floor = house.world.truePrice("WETH").times("0.4").times("0.99").toFixed(6);
    const now = await house.world.clock.now();
    await house.act(swapActions({ sell: "WETH", buy: "USDC", amount: "0.4", floor, now }));
    expect(await house.balance(WETH, REHEARSAL_WALLET)).toBe(0n);
    expect(await house.spent()).toBe("100");
    node.honest();
    expect((await settle(house)).map(({ kind }) => kind)).toContain("confirmed");
    expect(await stoppedOf(house)).toBeNull();
  } finally {
    await house[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
  }
});

test("a token whose code is another than the pinned one has no message signed", async () => {
  await using house = await openSigningHouse();
  await house.world.rpc("anvil_setCode", [
    house.token,
    `${String(await house.world.rpc("eth_getCode", [house.token, "latest"]))}00`,
  ]);
  const asked = typedData("TransferWithAuthorization", tokenDomain(house.token), await authorization(house));
  expect(codesOf(await house.ask(asked))).toContain("CODE_CHANGED");
});

test("one nonce is signed once, whatever else differs: value, type, form of the number, cycle", async () => {
  await using house = await openSigningHouse();
  const message = await authorization(house);
  expect((await house.ask(typedData("TransferWithAuthorization", tokenDomain(house.token), message))).kind).toBe("open");
  const again = [
    typedData("TransferWithAuthorization", tokenDomain(house.token), { ...message, value: usd(1) }),
    typedData("ReceiveWithAuthorization", tokenDomain(house.token), message),
    typedData("TransferWithAuthorization", tokenDomain(house.token), { ...message, validBefore: message.validBefore - 1 }),
  ];
  for (const data of again) expect(codesOf(await house.ask(data))).toEqual(["SIGNATURE_NONCE"]);
  const sent = await permitTransfer(house, { nonce: 255n });
  expect((await house.ask(permitTransferData(sent))).kind).toBe("open");
  const batch = (nonce: bigint | string) =>
    typedData(
      "PermitBatchTransferFrom",
      { name: "Permit2", chainId: 31337, verifyingContract: PERMIT2 },
      {
        permitted: [{ token: USDC, amount: usd(1) }],
        spender: sent.spender,
        nonce,
        deadline: sent.deadline,
      },
    );
  expect(codesOf(await house.ask(batch("0xff")))).toEqual(["SIGNATURE_NONCE"]);
  expect(codesOf(await house.ask(batch("0000255")))).toEqual(["SIGNATURE_NONCE"]);
  expect((await house.ask(batch(256n))).kind).toBe("open");
  expect(await house.spent()).toBe("201");
});

test("what an agent notes of its tools' answers goes into the journal without the signatures that are live", async () => {
  await using house = await openSigningHouse();
  const { gateway, wallet, stream } = house.opened;
  const signature = signatureIn(await house.ask(permitTransferData(await permitTransfer(house))));
  const [r, s] = [signature.slice(2, 66), signature.slice(66, 130)];
  const answer = `signed: ${signature}, r ${r.toUpperCase()} s 0x${s}`;
  await gateway.note(wallet, [{ kind: "tool-call", tool: "shell", answer, all: [{ deep: signature }] }]);
  const told: string[] = [];
  for await (const entry of stream.journal.read(stream.stream)) told.push(JSON.stringify(entry).toLowerCase());
  expect(told.at(-1)).toContain("withheld");
  for (const part of [r, s]) expect(told.filter((entry) => entry.includes(part))).toEqual([]);
});
