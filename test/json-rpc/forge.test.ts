import { afterAll, beforeAll, expect, test } from "vitest";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { balancesOf, standingOf } from "../support/standing.ts";
import { type Endpoint, openEndpoint } from "./support/endpoint.ts";
import { type ForgeProject, forgeProject } from "./support/forge.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const [WETH, USDC, ROUTER] = [assets.WETH.address, assets.USDC.address, contracts.router.address];

let endpoint: Endpoint;
let project: ForgeProject;
beforeAll(async () => {
  project = await forgeProject();
  endpoint = await openEndpoint({ limits: { max_single_trade_usd: "500", max_slippage_bps: 100 } });
});
afterAll(async () => {
  await endpoint?.[Symbol.asyncDispose]();
  project?.[Symbol.dispose]();
});

/** Sells so much WETH for at least so many units of USDC by forge's script, which sends an approval and a swap. */
function sell(amount: bigint, least: bigint) {
  const call = ["--sig", "sell(address,address,address,address,uint256,uint256)", WETH, USDC, ROUTER, REHEARSAL_WALLET];
  const sending = ["--broadcast", "--slow", "--unlocked", "--sender", REHEARSAL_WALLET, "--rpc-url", endpoint.url];
  return project.forge("script", "script/Trade.s.sol", ...call, String(amount), String(least), ...sending);
}

// forge asks four times, some seconds apart, before it believes a no: the other runs meanwhile.
test.concurrent("forge script sends an approval and a swap that the mandate allows", async () => {
  const { world } = endpoint.house;
  const before = await balancesOf(world, REHEARSAL_WALLET);
  const sold = await sell(10n ** 17n, 298_000_000n);
  expect([sold.code, sold.stderr]).toEqual([0, ""]);
  expect(sold.stdout).toContain("ONCHAIN EXECUTION COMPLETE & SUCCESSFUL");
  const after = await balancesOf(world, REHEARSAL_WALLET);
  expect((before.WETH ?? 0n) - (after.WETH ?? 0n)).toBe(10n ** 17n);
  expect((after.USDC ?? 0n) - (before.USDC ?? 0n)).toBeGreaterThanOrEqual(298_000_000n);
  expect(await standingOf(endpoint.house)).toMatchObject({ journalHolds: true, signed: 0 });
});

test.concurrent("forge script prints the verdict of what is over a limit", async () => {
  const refused = await sell(3n * 10n ** 17n, 890_000_000n);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("error code -32003: denied by mandate: TRADE_TOO_LARGE: ");
  expect(refused.stderr).toMatch(/"limit":"max_single_trade_usd","value":"\d+","allowed":"\d+"/);
});

test.concurrent("forge create is told the verdict: contracts are not created", async () => {
  const contract = ["src/Counter.sol:Counter", "--constructor-args", "5"];
  const sending = ["--broadcast", "--unlocked", "--from", REHEARSAL_WALLET, "--rpc-url", endpoint.url];
  const refused = await project.forge("create", ...sending, ...contract);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("error code -32003: denied by mandate: CREATE_NOT_ALLOWED: contracts are not created");
  expect(refused.stderr).toContain('"verdict":"deny","key":null');
});

afterAll(() => expect(endpoint.failures).toEqual([]));
