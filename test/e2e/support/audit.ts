import { join } from "node:path";
import type { Log, RpcLog } from "viem";
import { erc20Abi, parseEventLogs } from "viem";
import { expect } from "vitest";
import { type Decimal, decimal, fromUnits, sum, ZERO } from "../../../src/core/decimal.ts";
import { type Address, type Hex, lower } from "../../../src/core/hex.ts";
import { applyEntry, emptyWallet, type RequestState, type WalletState } from "../../../src/journal/fold-wallet.ts";
import { openJournalReader } from "../../../src/journal/sqlite/open-journal-reader.ts";
import { verifyJournal } from "../../../src/journal/verify.ts";
import { encodeAllowance } from "../../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { balancesOf } from "../../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;

/** A transaction of the wallet's as the chain has it. */
export interface Mined {
  readonly hash: Hex;
  readonly nonce: number;
  readonly ok: boolean;
  /** Whole coins. */
  readonly gas: Decimal;
  /** Tokens that left the wallet, in whole tokens. */
  readonly sent: readonly { readonly asset: string; readonly amount: Decimal }[];
}

export interface Audit {
  readonly state: WalletState;
  readonly mined: readonly Mined[];
  /** Requests that took effect, oldest first. */
  readonly confirmed: readonly RequestState[];
  /** USD that was sold in all. */
  readonly traded: Decimal;
}

/**
 * Holds a wallet's journal against its chain, from what each says alone: the journal verifies, the chain has one effect
 * for each request that says so and none that no entry names, and holdings, gas and budgets are the same in both.
 */
export async function audit(world: EvmWorld, home: string): Promise<Audit> {
  const wallet = `wallet:${REHEARSAL_WALLET}`;
  const path = join(home, "journal.sqlite");
  expect(await verifyJournal(path, { mirror: join(home, "mirror", "heads") })).toMatchObject({ ok: true });
  const reader = await openJournalReader(path);
  let state = emptyWallet;
  for await (const entry of reader.read(wallet)) state = applyEntry(state, entry);
  await reader.close();
  const mined = await minedBy(world, REHEARSAL_WALLET);
  const requests = [...state.requests.values()];
  expect(state.open).toEqual([]);
  expect(state.stopped).toBeNull();

  const signed = new Set(requests.flatMap(({ transactions }) => transactions.map(({ hash }) => hash)));
  for (const { hash } of mined) expect(signed, "every transaction was committed before it was sent").toContain(hash);
  const settled = requests.flatMap((request) => request.settled?.transactions ?? []).filter(({ block }) => block !== null);
  expect(settled.map(({ hash }) => hash).sort()).toEqual(mined.map(({ hash }) => hash).sort());
  expect(mined.map(({ nonce }) => nonce)).toEqual(mined.map((_, i) => i));
  expect(state.nonces.base).toBe(mined.length);

  const byHash = new Map(mined.map((one) => [one.hash as string, one]));
  for (const request of requests) checkRequest(request, byHash);
  await checkHoldings(world, state);
  const confirmed = requests.filter(({ settled: body }) => body?.outcome === "confirmed");
  return { state, mined, confirmed, traded: sum(confirmed.map(({ amounts }) => amounts.buys_usd.plus(amounts.sells_usd))) };
}

/** One effect at most, and what it took from the budgets is what the chain says. */
function checkRequest({ transactions, reserved, settled, amounts }: RequestState, mined: ReadonlyMap<string, Mined>): void {
  const own = transactions.flatMap(({ hash }) => mined.get(hash) ?? []);
  const sent = own.flatMap((one) => one.sent);
  expect(sent.length).toBeLessThanOrEqual(1);
  if (settled?.outcome === "confirmed") expect(own.every(({ ok }) => ok)).toBe(true);
  if (settled?.outcome === "released") expect(own).toEqual([]);
  const price = (asset: string) => decimal(reserved.prices[asset] ?? "0");
  const gas = sum(own.map((one) => one.gas)).times(price("base/ETH"));
  expect(amounts.gas_usd.plus(amounts.exit_gas_usd).toFixed()).toBe(gas.toFixed());
  const out = sum(sent.map(({ asset, amount }) => amount.times(price(asset))));
  expect(amounts.buys_usd.plus(amounts.sells_usd).toFixed()).toBe(out.toFixed());
  expect(amounts.spend_usd.toFixed()).toBe((reserved.class === "spend" ? out : ZERO).toFixed());
}

async function checkHoldings(world: EvmWorld, { pinned, requests }: WalletState): Promise<void> {
  const expected = new Map((pinned?.holdings ?? []).map(({ asset, amount }) => [asset, decimal(amount)]));
  for (const { settled } of requests.values()) {
    for (const { asset, amount } of settled?.deltas ?? [])
      expected.set(asset, (expected.get(asset) ?? ZERO).plus(decimal(amount)));
  }
  const held = await balancesOf(world, REHEARSAL_WALLET);
  const decimals = (symbol: string) => assets[symbol as keyof typeof assets]?.decimals ?? 18;
  const onChain = Object.entries(held).map(([symbol, units]) => [`base/${symbol}`, fromUnits(units, decimals(symbol)).toFixed()]);
  expect(Object.fromEntries([...expected].map(([asset, amount]) => [asset, amount.toFixed()]))).toEqual(
    Object.fromEntries(onChain),
  );
  for (const { address } of Object.values(assets)) {
    const data = encodeAllowance(REHEARSAL_WALLET, contracts.router.address);
    expect(BigInt((await world.rpc("eth_call", [{ to: address, data }, "latest"])) as Hex)).toBe(0n);
  }
}

interface RawTransaction {
  readonly hash: Hex;
  readonly from: Address;
  readonly nonce: Hex;
}

interface RawReceipt {
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly logs: readonly RpcLog[];
}

/** Every transaction of an account, in the order of the chain. */
export async function minedBy(world: EvmWorld, from: Address): Promise<readonly Mined[]> {
  const last = Number(await world.rpc("eth_blockNumber"));
  const mined: Mined[] = [];
  for (let number = 0; number <= last; number++) {
    const block = (await world.rpc("eth_getBlockByNumber", [`0x${number.toString(16)}`, true])) as {
      readonly transactions: readonly RawTransaction[];
    } | null;
    for (const { hash, from: sender, nonce } of block?.transactions ?? []) {
      if (lower(sender) !== from) continue;
      const receipt = (await world.rpc("eth_getTransactionReceipt", [hash])) as RawReceipt;
      const gas = fromUnits(BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice), 18);
      mined.push({ hash, nonce: Number(nonce), ok: receipt.status === "0x1", gas, sent: sentBy(from, receipt.logs) });
    }
  }
  return mined;
}

function sentBy(from: Address, logs: readonly RpcLog[]): Mined["sent"] {
  const transfers = parseEventLogs({ abi: erc20Abi, eventName: "Transfer", logs: logs as unknown as Log[] });
  return transfers.flatMap(({ address, args }) => {
    const token = Object.entries(assets).find(([, asset]) => asset.address === lower(address));
    if (lower(args.from) !== from || !token) return [];
    const [symbol, { decimals }] = token;
    return [{ asset: `base/${symbol}`, amount: fromUnits(args.value, decimals) }];
  });
}

/** WETH's share of the wallet's WETH and USDC at true prices. */
export async function wethShare(world: EvmWorld): Promise<number> {
  const { WETH = 0n, USDC = 0n } = await balancesOf(world, REHEARSAL_WALLET);
  const weth = fromUnits(WETH, 18).times(world.truePrice("WETH"));
  return weth.div(weth.plus(fromUnits(USDC, 6))).toNumber();
}
