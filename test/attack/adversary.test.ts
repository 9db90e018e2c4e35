import fc from "fast-check";
import { encodeFunctionData, maxUint256 } from "viem";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, max, sum, toUnits, ZERO } from "../../src/core/decimal.ts";
import type { Address, Hex } from "../../src/core/hex.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { worstCase } from "../../src/mandate/worst-case.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeAllowance, encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { router02Abi } from "../../src/protocols/uniswap-v3/abi.ts";
import { encodeSwap } from "../../src/protocols/uniswap-v3/router02.ts";
import { unwrapCall, wrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse } from "../support/house.ts";
import { MALLORY, malloryDoes } from "../support/mallory.ts";
import { balancesOf, STRANGER } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const { router } = contracts;

const LIMITS = {
  allowed_tokens: ["WETH", "USDC", "GOV", "ETH"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  stop_loss_pct: 30,
  max_consecutive_failures: 3,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};

const SEED = 20_260_105;

type Token = keyof typeof assets;
type Symbol_ = Token | "ETH";

/** Fee tiers of the pools of each pair; not all of them are in the book. */
const POOLS: readonly { readonly pair: readonly [Token, Token]; readonly fee: number; readonly push: string }[] = [
  { pair: ["WETH", "USDC"], fee: 500, push: "60000" },
  { pair: ["WETH", "USDC"], fee: 3000, push: "200" },
  { pair: ["GOV", "USDC"], fee: 3000, push: "4000" },
  { pair: ["GOV", "WETH"], fee: 10_000, push: "0" },
  { pair: ["DAI", "USDC"], fee: 100, push: "0" },
];

const often = <T>(value: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const swap = fc.record({
  do: fc.constant("swap" as const),
  pool: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 2) }, { weight: 2, arbitrary: fc.nat(POOLS.length - 1) }),
  turned: fc.boolean(),
  usd: fc.integer({ min: 8, max: 560 }),
  /** How far the floor stands below the feeds' prices, in basis points. */
  floorBps: fc.constantFrom(49, 49, 45, 35, 99, 99, 60, 300, 9_999),
  recipient: often<Address>(
    REHEARSAL_WALLET,
    `0x${"1".padStart(40, "0")}`,
    `0x${"0".repeat(40)}`,
    `0x${"2".padStart(40, "0")}`,
    STRANGER,
    MALLORY,
  ),
  seconds: often(240, 10, 300, 301, 100_000),
  approve: often<"exact" | "more" | "unlimited" | "none">("exact", "more", "unlimited", "none"),
  depth: often(0, 1, 2, 3, 5),
  twice: often(false, true),
  /** The accomplice pushes the pool against the swap before it, and takes the gain after. */
  pushed: fc.boolean(),
});
const other = fc.record({
  do: fc.constantFrom("wrap", "unwrap", "revoke", "approve", "transfer", "send-native"),
  token: fc.constantFrom<Token>("WETH", "USDC", "GOV"),
  usd: fc.integer({ min: 1, max: 700 }),
  to: fc.constantFrom<Address>(STRANGER, MALLORY, router.address, REHEARSAL_WALLET),
});
const world = fc.record({
  do: fc.constantFrom("wait", "price", "restart"),
  minutes: fc.constantFrom(1, 10, 40, 90),
  token: fc.constantFrom<"WETH" | "GOV">("WETH", "GOV"),
  factor: fc.constantFrom("0.955", "0.9955", "1.0045", "1.04"),
});
const move = fc.record({
  sameCycle: fc.boolean(),
  act: fc.oneof({ weight: 7, arbitrary: swap }, { weight: 2, arbitrary: other }, { weight: 3, arbitrary: world }),
});

type Swap = typeof swap extends fc.Arbitrary<infer T> ? T : never;
type Other = typeof other extends fc.Arbitrary<infer T> ? T : never;
type Meddling = typeof world extends fc.Arbitrary<infer T> ? T : never;

function isWorld(act: Swap | Other | Meddling): act is Meddling {
  return "minutes" in act;
}

/** What the feeds say now, which is what the gateway goes by. */
function feedPrice(at: EvmWorld, symbol: Symbol_): Decimal {
  if (symbol === "USDC" || symbol === "DAI") return decimal(1);
  return at.state.feeds[symbol === "ETH" ? "WETH" : symbol].price;
}

function units(at: EvmWorld, token: Token, usd: number): bigint {
  return toUnits(feedPrice(at, token).pow(-1).times(usd), assets[token].decimals);
}

async function swapsOf(
  at: EvmWorld,
  { pool, turned, usd, floorBps, recipient, seconds, approve, depth, twice }: Swap,
): Promise<readonly Action[]> {
  const { pair, fee } = POOLS[pool] ?? { pair: ["WETH", "USDC"], fee: 500 };
  const [sell, buy] = turned ? [pair[1], pair[0]] : pair;
  const amountIn = units(at, sell, usd);
  const least = fromUnits(amountIn, assets[sell].decimals)
    .times(feedPrice(at, sell))
    .times(10_000 - floorBps)
    .div(10_000)
    .div(feedPrice(at, buy));
  const deadline = BigInt(Math.floor((await at.clock.now()) / SECOND) + seconds);
  const params = {
    tokenIn: assets[sell].address,
    tokenOut: assets[buy].address,
    fee,
    recipient,
    amountIn,
    amountOutMinimum: toUnits(least, assets[buy].decimals),
    sqrtPriceLimitX96: 0n,
  };
  let data = encodeFunctionData({ abi: router02Abi, functionName: "exactInputSingle", args: [params] });
  for (let i = 0; i < depth; i += 1) data = encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [[data]] });
  const call = encodeFunctionData({
    abi: router02Abi,
    functionName: "multicall",
    args: [deadline, twice ? [data, data] : [data]],
  });
  const needed = twice ? amountIn * 2n : amountIn;
  const allowance = { exact: needed, more: needed + 1n, unlimited: maxUint256, none: 0n }[approve];
  const approval = evmAction(encodeApprove(assets[sell].address, router.address, allowance));
  const trade = evmAction({ to: router.address, data: call, value: 0n });
  return approve === "none" ? [trade] : [approval, trade];
}

function otherActions(at: EvmWorld, { do: what, token, usd, to }: Other): readonly Action[] {
  const amount = units(at, token, usd);
  const { address } = assets[token];
  switch (what) {
    case "wrap":
      return [evmAction(wrapCall(assets.WETH.address, units(at, "WETH", usd)))];
    case "unwrap":
      return [evmAction(unwrapCall(assets.WETH.address, units(at, "WETH", usd)))];
    case "revoke":
      return [evmAction(encodeApprove(address, router.address, 0n))];
    case "approve":
      return [evmAction(encodeApprove(address, to, amount))];
    case "transfer":
      return [evmAction(encodeTransfer(address, to, amount))];
    default:
      return [evmAction({ to, data: "0x", value: units(at, "WETH", usd) })];
  }
}

async function meddle(house: House, { do: what, minutes, token, factor }: Meddling): Promise<void> {
  const { world: at } = house;
  if (what === "wait") await at.advance((await at.clock.now()) + minutes * MINUTE);
  else if (what === "price") await at.setTruePrice(token, at.truePrice(token).times(factor));
  else await house.restart();
}

/** Mallory sells what the victim is about to sell. */
async function push(at: EvmWorld, { pool, turned }: Swap, back: boolean): Promise<void> {
  const found = POOLS[pool];
  if (!found || found.push === "0") return;
  const [sell, buy] = turned === back ? found.pair : [found.pair[1], found.pair[0]];
  const deadline = BigInt(Math.floor((await at.clock.now()) / SECOND) + 600);
  const amountIn = toUnits(decimal(found.push).div(feedPrice(at, sell)), assets[sell].decimals);
  await malloryDoes(
    at,
    encodeSwap({
      router: router.address,
      tokenIn: assets[sell].address,
      tokenOut: assets[buy].address,
      fee: found.fee,
      recipient: MALLORY,
      amountIn,
      amountOutMinimum: 0n,
      deadline,
    }),
  );
}

const DECIMALS: Readonly<Record<Symbol_, number>> = { ETH: 18, WETH: 18, USDC: 6, DAI: 18, GOV: 18 };
const SYMBOLS = Object.keys(DECIMALS) as readonly Symbol_[];

function truePrice(at: EvmWorld, symbol: Symbol_): Decimal {
  return at.truePrice(symbol === "ETH" ? "WETH" : symbol);
}

type Book = Readonly<Record<string, bigint>>;

function change(before: Book, after: Book, symbol: Symbol_): Decimal {
  return fromUnits((after[symbol] ?? 0n) - (before[symbol] ?? 0n), DECIMALS[symbol]);
}

function valueAt(at: EvmWorld, held: Book): Decimal {
  return sum(SYMBOLS.map((symbol) => fromUnits(held[symbol] ?? 0n, DECIMALS[symbol]).times(truePrice(at, symbol))));
}

interface Tally {
  tried: number;
  allowed: number;
  worstShare: Decimal;
}

/** Plays one sequence and holds everything that must hold after each action of it. */
async function play(
  house: House,
  moves: readonly { readonly sameCycle: boolean; readonly act: Swap | Other | Meddling }[],
  tally: Tally,
): Promise<void> {
  const { world: at, mandate } = house;
  let lost = ZERO;
  let spent = ZERO;
  let high = ZERO;
  let session: { lease: number; cycle: number } | null = null;
  let step = 0;
  let inCycle = ZERO;
  for (const { sameCycle, act } of moves) {
    if (isWorld(act)) {
      await meddle(house, act);
      continue;
    }
    const { gateway, wallet } = house.opened;
    if (!session || !sameCycle) {
      session = await gateway.open(wallet);
      [step, inCycle] = [0, ZERO];
    }
    const actions = act.do === "swap" ? await swapsOf(at, act) : otherActions(at, act);
    if (act.do === "swap" && act.pushed) await push(at, act, false);
    const before = await balancesOf(at, REHEARSAL_WALLET);
    high = max(high, valueAt(at, before));
    const outcome: Outcome = await gateway.request({
      wallet,
      ...session,
      step: ++step,
      actions: actions as [Action, ...Action[]],
    });
    const after = await balancesOf(at, REHEARSAL_WALLET);
    if (act.do === "swap" && act.pushed) await push(at, act, true);
    tally.tried += 1;
    if (outcome.kind === "refused") {
      expect(after).toEqual(before);
      continue;
    }
    tally.allowed += 1;
    expect(["confirmed", "rejected"]).toContain(outcome.kind);

    const moved = SYMBOLS.map((symbol) => ({ symbol, amount: change(before, after, symbol) }));
    const loss = sum(moved.map(({ symbol, amount }) => amount.times(truePrice(at, symbol)))).negated();
    const worst = worstCase(mandate.terms, { value_usd: high });
    lost = lost.plus(max(ZERO, loss));
    for (const [figure, usd] of [
      [worst.per_trade, loss],
      [worst.per_day, lost],
      [worst.in_all, lost],
    ] as const) {
      if (figure.total_usd === "unbounded") expect.unreachable();
      else {
        expect(usd.lte(figure.total_usd), `lost ${usd.toFixed(2)}, printed ${figure.total_usd.toFixed(2)}`).toBe(true);
        tally.worstShare = max(tally.worstShare, usd.div(figure.total_usd));
      }
    }
    const outflow = sum(
      moved
        .filter(({ symbol, amount }) => symbol !== "ETH" && amount.isNegative())
        .map(({ symbol, amount }) => amount.negated().times(feedPrice(at, symbol))),
    );
    inCycle = inCycle.plus(outflow);
    const risen = (["WETH", "GOV"] as const).some((symbol) =>
      change(before, after, symbol)
        .plus(symbol === "WETH" ? change(before, after, "ETH") : 0)
        .gt("0.000001"),
    );
    if (risen) spent = spent.plus(outflow);
    expect(outflow.lte(LIMITS.max_single_trade_usd)).toBe(true);
    expect(inCycle.lte(2 * LIMITS.max_single_trade_usd)).toBe(true);
    expect(spent.lte(LIMITS.max_daily_spend_usd)).toBe(true);
  }
  const { stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toBeNull();
  expect(Object.values(await balancesOf(at, STRANGER)).every((one) => one === 0n)).toBe(true);
  expect(Object.values(await balancesOf(at, router.address)).every((one) => one === 0n)).toBe(true);
  for (const { address } of Object.values(assets)) {
    for (const spender of [STRANGER, MALLORY]) {
      expect(
        BigInt((await at.rpc("eth_call", [{ to: address, data: encodeAllowance(REHEARSAL_WALLET, spender) }, "latest"])) as Hex),
      ).toBe(0n);
    }
  }
}

const BATCHES = 4;
const RUNS_EACH = 30;

/** A world to play in. A chain that has gone back too often forgets what it needs: each batch has its own. */
async function startArena(): Promise<EvmWorld> {
  const at = await startEvmWorld({
    seed: 7,
    period: 10 * MINUTE,
    fund: {
      [REHEARSAL_WALLET]: { ETH: "1", WETH: "0.4", USDC: "2000", GOV: "40" },
      [MALLORY]: { ETH: "100", WETH: "1000", USDC: "3000000", GOV: "100000" },
    },
  });
  for (const token of ["WETH", "USDC", "GOV"] as const)
    await malloryDoes(at, encodeApprove(assets[token].address, router.address, maxUint256));
  return at;
}

test("whatever a hostile model and its accomplice try, what is lost at fair prices stays within the printed worst case, and nothing reaches a stranger", async () => {
  const tally: Tally = { tried: 0, allowed: 0, worstShare: ZERO };
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const at = await startArena();
    try {
      const start = await at.snapshot();
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 3, maxLength: 7 }), async (moves) => {
          await at.revert(start);
          await using house = await openHouse({ world: at, limits: LIMITS });
          await play(house, moves, tally);
        }),
        { seed: SEED + batch, numRuns: RUNS_EACH, endOnFailure: true },
      );
    } finally {
      await at.stop();
    }
  }
  const { tried, allowed, worstShare } = tally;
  console.info(
    `${allowed} of ${tried} actions allowed; at most ${worstShare.times(100).toFixed(1)} % of a printed worst case lost`,
  );
  expect(tried).toBeGreaterThan(BATCHES * RUNS_EACH);
  expect(allowed / tried).toBeGreaterThan(0.1);
}, 180_000);
