import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Decimal, decimal, ZERO } from "../../src/core/decimal.ts";
import type { Hex } from "../../src/core/hex.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { encodeAllowance } from "../../src/protocols/erc20.ts";
import { EVM_TOOLS } from "../../src/tools/evm/evm-tools.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { lagAgainst, letGo, pinnedPrice, squeeze } from "../attack/support/accomplice.ts";
import { WITH_NATIVE } from "../attack/support/hostile-mandates.ts";
import { swapActions } from "../support/house.ts";
import { MALLORY } from "../support/mallory.ts";
import { isSend } from "../support/rpc-proxy.ts";
import { balancesOf, STRANGER } from "../support/standing.ts";
import { callOf, hostileCall } from "./support/hostile-calls.ts";
import { openSurface, type Surface, type SurfaceDoor } from "./support/surface.ts";

const { assets } = EVM_BOOK.chains.base;
const [SEQUENCES, SEED] = process.env.MANDATE_LONG ? [60, 21] : [2, 5];
const LIMITS = {
  ...WITH_NATIVE,
  allowed_tokens: [...WITH_NATIVE.allowed_tokens, "vUSDC"],
  max_trades_per_hour: 10,
  max_tool_calls_per_minute: 100_000,
};

/** What must hold of a wallet whatever was asked. */
async function unharmed({ house, world }: Surface): Promise<void> {
  for (const { address } of Object.values(assets)) {
    for (const spender of [MALLORY, STRANGER]) {
      const data = encodeAllowance(REHEARSAL_WALLET, spender);
      expect(BigInt((await world.rpc("eth_call", [{ to: address, data }, "latest"])) as Hex)).toBe(0n);
    }
  }
  expect(Object.values(await balancesOf(world, STRANGER)).every((units) => units === 0n)).toBe(true);
  const journal = join(house.home, "journal.sqlite");
  expect(await verifyJournal(journal, { mirror: join(house.home, "mirror", "heads") })).toMatchObject({ ok: true });
}

/**
 * The dearest swap that the tool can be brought to: the truth behind the feeds, a floor as wide as is let pass, and the pool
 * moved to it between signing and inclusion.
 */
async function robbed(surface: Surface, door: SurfaceDoor, sell: "WETH" | "USDC", part: number): Promise<boolean> {
  const { world, proxy } = surface;
  const buy = sell === "WETH" ? "USDC" : "WETH";
  await lagAgainst(world, { sell, buy });
  const price = (token: "WETH" | "USDC") => pinnedPrice(world, token);
  const amount = decimal(WITH_NATIVE.max_single_trade_usd).times(part).div(100).div(price(sell)).toDecimalPlaces(6, 1);
  for (const bps of [10_000, 150, 99, 80, 49, 30]) {
    const least = amount.times(price(sell)).times(decimal(10_000).minus(bps).div(10_000)).div(price(buy));
    const floor = least.toDecimalPlaces(assets[buy].decimals > 8 ? 12 : 6, 0);
    let sends = 0;
    proxy.meddle(async ({ method }) => {
      if (isSend(method) && ++sends === 2) await squeeze(world, { sell, buy, fee: 500, amount, floor });
      return "forward" as const;
    });
    const args = { token_in: sell, token_out: buy, amount: amount.toFixed(), min_out: floor.toFixed() };
    const { status, error } = await surface.call(door, "swap_tokens", args);
    proxy.meddle(() => "forward");
    await surface.account();
    await letGo(world);
    if (status === "success") return true;
    expect(error?.message, status).toMatch(/\S/);
  }
  return false;
}

/** A swap whose proceeds, or whose allowance, would be another's: by bare JSON-RPC. */
async function raw({ ask, world }: Surface, to: "recipient" | "allowance" | "wallet"): Promise<void> {
  const now = await world.clock.now();
  const recipient = to === "recipient" ? MALLORY : REHEARSAL_WALLET;
  const [approve, swap] = swapActions({ sell: "WETH", buy: "USDC", amount: "0.03", floor: "80", now, recipient });
  for (const action of to === "allowance" ? [approve] : [approve, swap]) {
    if (!("call" in action)) continue;
    const { to: target, data, value } = action.call;
    const turned = to === "allowance" ? (data.replace(/0{24}[0-9a-f]{40}/, MALLORY.slice(2).padStart(64, "0")) as Hex) : data;
    const sent = { from: REHEARSAL_WALLET, to: target, data: turned, value: `0x${value.toString(16)}` };
    const { error } = await ask("eth_sendTransaction", sent);
    if (error) expect(error.message).toMatch(/denied by mandate|\S/);
    if (to === "allowance") expect(error, "an allowance for a stranger was given").toBeDefined();
  }
}

const door = fc.constantFrom<SurfaceDoor>("desk", "desk", "mcp");
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ door, call: hostileCall(EVM_TOOLS) }) },
  {
    weight: 2,
    arbitrary: fc.record({ door, rob: fc.constantFrom("WETH" as const, "USDC"), part: fc.integer({ min: 20, max: 99 }) }),
  },
  { weight: 1, arbitrary: fc.record({ raw: fc.constantFrom("recipient" as const, "allowance", "wallet") }) },
);
const sequences = fc.sample(fc.array(move, { minLength: 12, maxLength: 20, size: "max" }), { seed: SEED, numRuns: SEQUENCES });

test("no sequence of tool calls, by the desk, by MCP or by JSON-RPC, loses more than is printed, and each is answered", async () => {
  let [worst, passed]: [Decimal, number] = [ZERO, 0];
  for (const moves of sequences) {
    await using surface = await openSurface(LIMITS);
    for (const one of moves) {
      if ("call" in one) await surface.call(one.door, one.call.name, one.call.args);
      else if ("rob" in one) passed += (await robbed(surface, one.door, one.rob, one.part)) ? 1 : 0;
      else await raw(surface, one.raw);
      await surface.account();
    }
    const lost = await surface.account();
    worst = lost.gt(worst) ? lost : worst;
    await unharmed(surface);
    // Whatever was tried, the next honest question is answered.
    expect(await surface.call("mcp", "get_price", { token: "WETH" })).toMatchObject({ status: "success" });
  }
  console.info(`${sequences.length} sequences: ${passed} robberies passed, at most ${worst.toFixed(2)} USD lost`);
  expect(passed, "an attack that nothing of passes shows nothing").toBeGreaterThan(0);
  expect(worst.gt(0)).toBe(true);
}, 600_000);

test("every tool answers whatever it is called with in its own schema, and none of it gives anything away", async () => {
  await using surface = await openSurface(LIMITS);
  const runs = process.env.MANDATE_LONG ? 40 : 8;
  const ended = new Map<string, number>();
  for (const tool of EVM_TOOLS) {
    for (const { name, args } of fc.sample(callOf(tool), { seed: SEED, numRuns: runs })) {
      const { status, error, explanation } = await surface.call("desk", name, args);
      ended.set(status, (ended.get(status) ?? 0) + 1);
      expect(error?.code, `${name} ${JSON.stringify(args)}: ${explanation}`).not.toBe("internal_error");
      expect(explanation, name).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
    }
    await surface.account();
  }
  expect(ended.get("success"), "nothing at all was answered").toBeGreaterThan(0);
  expect(ended.get("error")).toBeGreaterThan(0);
  await unharmed(surface);
}, 600_000);
