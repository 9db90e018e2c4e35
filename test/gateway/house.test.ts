import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFunctionData, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkFleet } from "../../src/cli/journal/check-fleet.ts";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import { InvariantError } from "../../src/core/errors.ts";
import { type Address, type Hex, lower } from "../../src/core/hex.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { type OpenedWallet, openWallet } from "../../src/gateway/open-wallet.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { createOperatorKey, type OperatorKey, readOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { type OperatorCall, signOrder } from "../../src/gateway/operator/orders.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { openJournal } from "../../src/journal/sqlite/open-journal.ts";
import type { FleetTerms } from "../../src/mandate/terms.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { mandateOf } from "../support/house.ts";
import { malloryDoes } from "../support/mallory.ts";
import { codesOf } from "../support/standing.ts";
import {
  actsAs,
  authorization,
  bookWith,
  PAYEE,
  prepareSigning,
  SIGNING_LIMITS,
  seconds,
  signAction,
  signatureIn,
  TOKEN,
  textOf,
  tokenDomain,
  typedData,
  usd,
} from "./support/signing-house.ts";

const ROUTER = EVM_BOOK.chains.base.contracts.router.address;
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
let operator: OperatorKey;
let journal: Journal;
let token: Address;
let wallets: readonly OpenedWallet[] = [];

beforeEach(async () => {
  const accounts = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())];
  world = await startEvmWorld({ seed: 1, fund: Object.fromEntries(accounts.map(({ address }) => [address, { ETH: "1" }])) });
  token = await prepareSigning(world);
  home = mkdtempSync(join(tmpdir(), "mandate-fleet-"));
  const onMirrorFailure = (failure: Error) => {
    throw failure;
  };
  journal = await openJournal({ path: join(home, "journal.sqlite"), mirror: join(home, "heads"), onMirrorFailure });
  const operatorKey = createOperatorKey(join(home, "operator.key"));
  operator = readOperatorKey(join(home, "operator.key"));
  const opened: OpenedWallet[] = [];
  for (const [i, account] of accounts.entries()) {
    const mint = encodeFunctionData({ abi: TOKEN, functionName: "mint", args: [account.address, usd(500)] });
    await malloryDoes(world, { to: token, data: mint });
    const keyFile = join(home, `key-${i}`);
    writeFileSync(keyFile, "");
    const { terms } = mandateOf(SIGNING_LIMITS, bookWith(token));
    opened.push(
      await openWallet({
        home: join(home, String(i)),
        terms: { ...terms, accounts: { wallet: lower(account.address) }, fleet: FLEET },
        signer: account,
        keyFile,
        clock: world.clock,
        journal,
        operatorKey,
        endpoints: { base: world.url },
        onMirrorFailure,
      }),
    );
  }
  wallets = opened;
});

afterEach(async () => {
  for (const { close } of wallets) await close();
  await journal.close();
  await world.stop();
  rmSync(home, { recursive: true, force: true });
});

function walletAt(i: number): OpenedWallet & { readonly address: Address } {
  const opened = wallets[i];
  if (!opened) throw new InvariantError("there are two wallets");
  return { ...opened, address: opened.wallet.slice("wallet:".length) as Address };
}

async function ask(i: number, data: object): Promise<Outcome> {
  const { gateway, wallet } = walletAt(i);
  const { lease, cycle } = await gateway.open(wallet);
  return gateway.request({ wallet, lease, cycle, step: 1, actions: [signAction(textOf(data))] });
}

async function paymentOf(i: number, amount: string, nonce: number) {
  const change = { from: walletAt(i).address, value: usd(amount), nonce: toHex(nonce, { size: 32 }) };
  const message = await authorization({ world } as Parameters<typeof authorization>[0], change);
  return { message, data: typedData("TransferWithAuthorization", tokenDomain(token), message) };
}

async function settleAll(): Promise<readonly string[]> {
  const outcomes = await Promise.all(wallets.map(({ gateway, wallet }) => gateway.settle(wallet)));
  return outcomes.flat().map(({ kind }) => kind);
}

async function useIt({ from, to, value, validBefore, nonce }: Awaited<ReturnType<typeof authorization>>, signature: Hex) {
  const args = [from, to, value, 0n, BigInt(validBefore), nonce, signature] as const;
  const data = encodeFunctionData({ abi: TOKEN, functionName: "transferWithAuthorization", args });
  await actsAs(world, `0x${"5a".repeat(20)}`, { to: token, data });
}

async function left(i: number): Promise<string | undefined> {
  const { gateway, wallet } = walletAt(i);
  const { budgets } = await gateway.state(wallet);
  const row = budgets.find(({ budget }) => budget === "fleet.max_daily_spend_usd");
  return row?.left === "unlimited" ? row.left : row?.left.toFixed();
}

test("what one wallet signs away is gone from what all share, at once and to the cent, until the chain can take it no more", async () => {
  const one = await paymentOf(0, "60", 1);
  const signature = signatureIn(await ask(0, one.data));
  expect(codesOf(await ask(1, (await paymentOf(1, "40.000001", 1)).data))).toEqual(["FLEET_SPEND"]);
  expect((await ask(1, (await paymentOf(1, "40", 2)).data)).kind).toBe("open");
  expect([await left(0), await left(1)]).toEqual(["0", "0"]);
  await useIt(one.message, signature);
  expect([...(await settleAll())].sort()).toEqual(["confirmed", "open"]);
  expect([await left(0), await left(1)]).toEqual(["0", "0"]);
  await world.advance((await world.clock.now()) + 6 * MINUTE);
  expect(await settleAll()).toEqual(["released"]);
  expect([await left(0), await left(1)]).toEqual(["40", "40"]);
  expect(await checkFleet(journal, "fleet:desk")).toMatchObject({ ok: true });
  for (const { wallet } of wallets) expect(await checkStream(journal, wallet)).toMatchObject({ ok: true });
});

test("ten messages asked for at once, five of each wallet, come to what they share and no more", async () => {
  const asked = await Promise.all(
    [1, 2, 3, 4, 5].flatMap((n) => [0, 1].map(async (i) => ({ i, data: (await paymentOf(i, "30", n)).data }))),
  );
  // The wallets race; the messages of one come one after another.
  const outcomes = await Promise.all(
    [0, 1].map(async (i) => {
      const own: Outcome[] = [];
      for (const { data } of asked.filter((one) => one.i === i)) own.push(await ask(i, data));
      return own;
    }),
  );
  expect(outcomes.flat().filter(({ kind }) => kind === "open")).toHaveLength(3);
  expect(await left(0)).toBe("10");
  expect(await checkFleet(journal, "fleet:desk")).toMatchObject({ ok: true });
});

test("a permit counts for all while it is live, and so does the allowance that it makes", async () => {
  const { address } = walletAt(0);
  const deadline = BigInt(await seconds({ world }, 240));
  const message = { owner: address, spender: ROUTER, value: usd(70), nonce: 0, deadline };
  const signature = signatureIn(await ask(0, typedData("Permit", tokenDomain(token), message)));
  expect(await left(1)).toBe("30");
  const [r, s] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`] as [Hex, Hex];
  const args = [address, ROUTER, usd(70), deadline, Number.parseInt(signature.slice(130), 16), r, s] as const;
  await actsAs(world, PAYEE, { to: token, data: encodeFunctionData({ abi: TOKEN, functionName: "permit", args }) });
  expect(await settleAll()).toEqual(["confirmed"]);
  expect([await left(0), await left(1)]).toEqual(["30", "30"]);
  expect(codesOf(await ask(1, (await paymentOf(1, "30.000001", 1)).data))).toEqual(["FLEET_SPEND"]);
  expect(await checkFleet(journal, "fleet:desk")).toMatchObject({ ok: true });
});

function deskOf(i: number) {
  const { desk } = walletAt(i);
  if (!desk) throw new InvariantError("the wallets have an operator");
  return desk;
}

const ORDERS: readonly (readonly [OperatorCall, object])[] = [
  ["Freeze", { why: "look first" }],
  ["Kill", { why: "enough" }],
  ["Unfreeze", { why: "go on", after_kill: true }],
  ["Standing", {}],
  ["Settle", {}],
];

test("one operator's order for one wallet is none for the other, whatever it orders", async () => {
  for (const [call, body] of ORDERS) {
    const order = signOrder(operator, await deskOf(0).hello(), call, body);
    await expect(deskOf(1).perform(call, order)).rejects.toMatchObject({ code: "PROOF_INVALID" });
  }
  const { gateway, wallet } = walletAt(1);
  expect((await gateway.state(wallet)).stopped).toBeNull();
});

test("a wallet that is killed signs nothing, and the other of its house goes on", async () => {
  const one = await paymentOf(0, "10", 1);
  expect((await ask(0, one.data)).kind).toBe("open");
  await operatorAt(deskOf(0), operator).kill("enough");
  expect(codesOf(await ask(0, (await paymentOf(0, "1", 2)).data))).toContain("KILLED");
  expect((await ask(1, (await paymentOf(1, "10", 1)).data)).kind).toBe("open");
  // What the killed one signed before can still be used, and stays in what they share.
  expect(await left(1)).toBe("80");
});

test("the same request asked of the other wallet gives nobody a signature", async () => {
  const { wallet } = walletAt(0);
  const { lease, cycle } = await walletAt(0).gateway.open(wallet);
  const { data } = await paymentOf(0, "10", 1);
  const request = { wallet, lease, cycle, step: 1, actions: [signAction(textOf(data))] } as const;
  signatureIn(await walletAt(0).gateway.request(request));
  const other = walletAt(1);
  await expect(other.gateway.request(request)).rejects.toMatchObject({ code: "UNKNOWN_WALLET" });
  const standing = await other.gateway.open(other.wallet);
  const told = await other.gateway.request({ ...request, ...standing, wallet: other.wallet });
  expect(codesOf(told)).toContain("SIGNATURE_OWNER");
});
