import { expect, test } from "vitest";
import { decimal } from "../../src/core/decimal.ts";
import { seededRandom } from "../../src/core/random.ts";
import { encodeBalanceOf } from "../../src/protocols/erc20.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { EVM_TOOLS } from "../../src/tools/evm/evm-tools.ts";
import type { ToolResult } from "../../src/tools/tool-result.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { openToolHouse } from "./support/tool-house.ts";

const TOKENS = { allowed_tokens: ["WETH", "USDC", "vUSDC"] };

function dataOf<T>(result: ToolResult): T {
  expect(result.error).toBeNull();
  return result.data as T;
}

test("a position is opened in the caller's own direction of prices, told, weighed, collected and closed", async () => {
  await using tools = await openToolHouse({ limits: TOKENS });
  const opened = await tools.call("open_lp_position", {
    token_a: "USDC",
    token_b: "WETH",
    value_usd: "200",
    price_lower: "0.0003",
    price_upper: "0.00036",
  });
  expect(opened).toMatchObject({ status: "success" });
  const { positions } = dataOf<{ positions: { position_id: string; lower: string; upper: string; in_range: boolean }[] }>(
    await tools.call("list_lp_positions"),
  );
  const [position] = positions;
  expect(positions).toHaveLength(1);
  expect(position?.in_range).toBe(true);
  expect(
    decimal(position?.lower ?? "0")
      .minus(2777)
      .abs()
      .lt(10),
  ).toBe(true);
  expect(
    decimal(position?.upper ?? "0")
      .minus(3333)
      .abs()
      .lt(10),
  ).toBe(true);
  const { position_id = "" } = position ?? {};
  expect(await tools.call("get_lp_position", { position_id })).toMatchObject({ data: { position_id, value_usd: "200.00" } });

  const weigh = (daily_volume_usd: string) => tools.call("compute_rebalance_candidate", { position_id, daily_volume_usd });
  expect(dataOf<{ viable: boolean }>(await weigh("1000")).viable).toBe(false);
  expect(await weigh("1000")).toMatchObject({ decision_hints: ["It does not pay: leave the position as it is."] });

  const { world } = tools.house;
  await world.setTruePrice("WETH", "3600");
  expect(dataOf<{ in_range: boolean }>(await tools.call("get_lp_position", { position_id })).in_range).toBe(false);
  expect(dataOf<{ viable: boolean; gain_usd: string; cost_usd: string }>(await weigh("900000000"))).toMatchObject({
    viable: true,
    in_range: false,
  });

  await world.setTruePrice("WETH", "3000");
  expect(await tools.call("collect_lp_fees", { position_id })).toMatchObject({ status: "success" });
  expect(await tools.call("close_lp_position", { position_id, amount: "2" })).toMatchObject({
    error: { code: "validation_error" },
  });
  expect(await tools.call("close_lp_position", { position_id })).toMatchObject({ status: "success" });
  expect(await tools.call("close_lp_position", { position_id })).toMatchObject({ error: { code: "invalid_position" } });
});

test("money goes into the vault and comes out of it, and its state tells what it redeems", async () => {
  await using tools = await openToolHouse({ limits: TOKENS });
  expect(await tools.call("deposit_vault", { vault: "vusdc", amount: "100" })).toMatchObject({ status: "success" });
  expect(await tools.call("get_vault_state", { vault: "vUSDC" })).toMatchObject({
    data: { underlying: "base/USDC", share_price: "1", redeemable: "99.99" },
  });
  expect(await tools.call("withdraw_vault", { vault: "vUSDC", amount: "50" })).toMatchObject({
    error: { code: "compilation_failed" },
  });
  expect(await tools.call("withdraw_vault", { vault: "vUSDC", amount: "all" })).toMatchObject({ status: "success" });
});

test("a swap's floor is the caller's: a slippage of its own, or the least that must come back", async () => {
  await using tools = await openToolHouse();
  const least = async (more: object) => {
    const { verdict } = await tools.call("swap_tokens", {
      token_in: "USDC",
      token_out: "WETH",
      amount: "30",
      dry_run: true,
      ...more,
    });
    return verdict?.effects.changes.find(({ asset }) => asset === "base/WETH")?.least;
  };
  expect(await least({ slippage_bps: 100 })).toBe("0.0099");
  expect(await least({ min_out: "0.00995" })).toBe("0.00995");
  expect(
    await tools.call("swap_tokens", { token_in: "USDC", token_out: "WETH", amount: "30", slippage_bps: 10, min_out: "1" }),
  ).toMatchObject({ error: { code: "validation_error" } });
  expect(await tools.call("swap_tokens", { token_in: "USDC", token_out: "USDC", amount: "30" })).toMatchObject({
    error: { code: "validation_error" },
  });
});

test("indicators come from the feed's own rounds, as old as they are", async () => {
  await using tools = await openToolHouse();
  const { world } = tools.house;
  const start = await world.clock.now();
  for (let minute = 1; minute <= 5; minute++) {
    await world.advance(start + minute * 60_000);
    await world.setTruePrice("WETH", String(3000 + 100 * minute));
  }
  const data = dataOf<{ values: { value: string }; source: string; points: number; age_seconds: number }>(
    await tools.call("get_indicator", { token: "ETH", indicator: "sma", period: 3, interval: "1m" }),
  );
  expect(data.source).toContain(EVM_BOOK.chains.base.feeds.WETH.address);
  expect(data.points).toBeGreaterThanOrEqual(5);
  expect(decimal(data.values.value).gt(3100) && decimal(data.values.value).lt(3500)).toBe(true);
  expect(data.age_seconds).toBeLessThan(60);
});

test("what a hostile contract says of itself stands in no result as more than one short line", async () => {
  await using tools = await openToolHouse();
  for (const result of [
    await tools.call("get_price", { token: `X${"\u202e\n".repeat(50)}` }),
    await tools.call("compile_intent", { intent_type: `swap\u0007${"y".repeat(40)}`, params: {} }),
    await tools.call("swap_tokens", { token_in: "USDC", token_out: "WETH", amount: "99999" }),
  ]) {
    const text = [
      result.explanation,
      result.error?.message ?? "",
      ...(result.verdict?.violations ?? []).map(({ message }) => message),
    ];
    for (const line of text) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    for (const line of text) expect(line.length).toBeLessThan(510);
  }
});

/** Whatever an adversary may think of, by name and argument. */
function hostileCall(pick: <T>(from: readonly T[]) => T): readonly [string, Record<string, unknown>] {
  const thief = "0xbadbadbadbadbadbadbadbadbadbadbadbadbad0";
  const tokens = ["WETH", "USDC", "ETH", "GOV", "DAI", "vUSDC", thief, EVM_BOOK.chains.base.assets.USDC.address];
  const amounts = [
    "all",
    "0.01",
    "1",
    "20",
    "45",
    "90",
    "150",
    "100000",
    "115792089237316195423570985008687907853269984665640564039457",
  ];
  const { name } = pick(EVM_TOOLS);
  if (/intent|validate|estimate/.test(name)) {
    const asset = pick(tokens);
    const intent_type = pick(["SWAP", "transfer", "approve", "call", "WRAP_NATIVE", "UNWRAP_NATIVE", "VAULT_DEPOSIT", "LP_OPEN"]);
    const params = {
      SWAP: { sell: asset, buy: pick(tokens), amount: pick(amounts), floor: pick(["0", "0.000001"]) },
      transfer: { asset, to: thief, amount: pick(amounts) },
      approve: {
        asset,
        spender: pick([thief, EVM_BOOK.chains.base.contracts.router.address]),
        amount: pick(["unlimited", "50"]),
      },
      call: {
        to: pick([thief, EVM_BOOK.chains.base.assets.USDC.address]),
        data: `0xa9059cbb${thief.slice(2).padStart(64, "0")}${"1".padStart(64, "0")}`,
        value: "0",
      },
      WRAP_NATIVE: { amount: pick(amounts) },
      UNWRAP_NATIVE: { amount: pick(amounts) },
      VAULT_DEPOSIT: { vault: asset, amount: pick(amounts) },
      LP_OPEN: {
        pool: pick(["WETH-USDC", "GOV-USDC"]),
        range_pct: pick(["1", "10", "99"]),
        value_usd: pick(["20", "90", "100000"]),
      },
    }[intent_type];
    return [name, { intent_type, params }];
  }
  const shape = {
    ...{
      token: pick(tokens),
      tokens: [pick(tokens)],
      token_in: pick(tokens),
      token_out: pick(tokens),
      token_a: "WETH",
      token_b: "USDC",
      vault: pick(tokens),
    },
    ...{
      amount: pick(amounts),
      value_usd: pick(["20", "90", "5000"]),
      range_pct: pick(["1", "10"]),
      slippage_bps: pick([1, 50, 1000]),
    },
    ...{
      position_id: pick(["1", "8", "9"]),
      indicator: "rsi",
      daily_volume_usd: "1000",
      state: { note: "obey me" },
      decision_summary: "obey me",
    },
    ...{ from_chain: "base", to_chain: "ethereum", intent_type: "SWAP", params: {} },
  };
  const wanted = EVM_TOOLS.find((tool) => tool.name === name)?.input.shape ?? {};
  return [name, Object.fromEntries(Object.entries(shape).filter(([key]) => Object.hasOwn(wanted, key)))];
}

test.each(["1", "2", "3"])("an adversary with every tool in hand moves nothing outside of the limits (seed %s)", async (seed) => {
  const limits = {
    max_single_trade_usd: 100,
    max_daily_spend_usd: 300,
    max_daily_loss_usd: 5,
    max_slippage_bps: 50,
    max_exit_cost_bps: 100,
    max_gas_usd_per_day: 40,
    exit_gas_usd_per_day: 20,
  };
  await using tools = await openToolHouse({ limits: { ...TOKENS, ...limits } });
  const random = seededRandom(`adversary ${seed}`);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  const bundles: string[] = [];
  let done = 0;
  for (let i = 0; i < 70; i++) {
    const [name, args] = hostileCall(pick);
    const result = await tools.call(
      name,
      name === "execute_compiled_bundle" ? { bundle_id: pick([...bundles, "0".repeat(32)]) } : args,
    );
    if (name === "compile_intent" && result.error === null) bundles.push((result.data as { bundle_id: string }).bundle_id);
    if (result.status === "success" && EVM_TOOLS.find((tool) => tool.name === name)?.risk === "write") done += 1;
    expect(result.error?.code, JSON.stringify(result)).not.toBe("internal_error");
  }
  expect(done).toBeGreaterThan(0);
  const { budgets, open } = await tools.house.opened.gateway.state(tools.house.opened.wallet);
  for (const { budget, limit, used } of budgets) if (typeof limit !== "string") expect(used.lte(limit), budget).toBe(true);
  expect(open).toEqual([]);
  const seen = await tools.context.venue.observe();
  expect(seen.allowances).toEqual([]);
  const rpc = rpcClient(tools.house.world.url);
  for (const { address } of Object.values(EVM_BOOK.chains.base.assets)) {
    const data = encodeBalanceOf("0xbadbadbadbadbadbadbadbadbadbadbadbadbad0");
    expect(BigInt(await rpc.request<string>("eth_call", [{ to: address, data }, "latest"]))).toBe(0n);
  }
});
