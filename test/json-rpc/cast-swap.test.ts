import { afterAll, beforeAll, expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { balancesOf, standingOf } from "../support/standing.ts";
import { cast } from "./support/cast.ts";
import { type Endpoint, openEndpoint } from "./support/endpoint.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const [WETH, USDC, ROUTER] = [assets.WETH.address, assets.USDC.address, contracts.router.address];
const OWN = ["--unlocked", "--from", REHEARSAL_WALLET] as const;
const SINGLE = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))";
/** 0.1 WETH, and at least 298 USDC for it. */
const SOLD = "100000000000000000";
const TUPLE = `(${WETH},${USDC},500,${REHEARSAL_WALLET},${SOLD},298000000,0)`;

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await openEndpoint({ limits: { max_single_trade_usd: "500", max_slippage_bps: 100 } });
});
afterAll(() => endpoint[Symbol.asyncDispose]());

const send = (to: string, ...call: readonly string[]) => cast("send", to, ...call, ...OWN, "--json", "--rpc-url", endpoint.url);

test("cast sells WETH as every wallet does: an approval of the exact amount, then the swap, each a request of its own", async () => {
  const { world } = endpoint.house;
  const before = await balancesOf(world, REHEARSAL_WALLET);
  const unlimited = await send(WETH, "approve(address,uint256)", ROUTER, (2n ** 256n - 1n).toString());
  expect(unlimited.stderr).toContain("ALLOWANCE_LEFT");
  const approved = await send(WETH, "approve(address,uint256)", ROUTER, SOLD);
  expect(approved.stderr).toBe("");
  const bare = await send(ROUTER, SINGLE, TUPLE);
  expect(bare.stderr).toContain("NO_DEADLINE");
  const deadline = Math.floor((await world.clock.now()) / SECOND) + 240;
  const { stdout: data } = await cast("calldata", SINGLE, TUPLE);
  const swapped = await send(ROUTER, "multicall(uint256,bytes[])", String(deadline), `[${data.trim()}]`);
  expect(swapped.stderr).toBe("");
  expect(JSON.parse(swapped.stdout)).toMatchObject({ status: "0x1" });
  const after = await balancesOf(world, REHEARSAL_WALLET);
  expect((before.WETH ?? 0n) - (after.WETH ?? 0n)).toBe(BigInt(SOLD));
  expect((after.USDC ?? 0n) - (before.USDC ?? 0n)).toBeGreaterThanOrEqual(298_000_000n);
  const { stdout: left } = await cast(
    ...["call", WETH, "allowance(address,address)(uint256)", REHEARSAL_WALLET, ROUTER, "--rpc-url", endpoint.url],
  );
  expect(left.trim()).toBe("0");
  expect(await standingOf(endpoint.house)).toMatchObject({ journalHolds: true, signed: 0 });
});
