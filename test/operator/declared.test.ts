import { expect, test } from "vitest";
import { encodeTransfer } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { deployOdd, giveOdd, ODD_UNITS, withOdd } from "../attack/support/odd-token.ts";
import { START_FUNDS } from "../support/house.ts";
import { STRANGER } from "../support/standing.ts";
import { governedHouse } from "./support/governed-house.ts";

const LIMITS = { max_slippage_bps: 100, max_exit_cost_bps: 100 };

/** Moves 100 USDC with the wallet's key, past the gateway. */
async function takeOut(world: EvmWorld): Promise<void> {
  const { to, data } = encodeTransfer(EVM_BOOK.chains.base.assets.USDC.address, STRANGER, 100_000_000n);
  await world.rpc("anvil_impersonateAccount", [REHEARSAL_WALLET]);
  await world.rpc("eth_sendTransactionSync", [{ from: REHEARSAL_WALLET, to, data }]);
}

test("a gift of a token that has no feed keeps nobody from declaring a withdrawal", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => world.stop());
  const odd = await deployOdd(world);
  const limits = { ...LIMITS, allowed_tokens: ["WETH", "USDC", "ODD"], ...ODD_UNITS };
  const governed = stack.use(await governedHouse({ limits, world, book: withOdd(EVM_BOOK, odd) }));
  const { gateway, wallet } = governed.house.opened;
  await gateway.open(wallet);
  await governed.operator.freeze("I take money out");
  await giveOdd(world, odd);
  await takeOut(world);
  await gateway.open(wallet);
  const { hash } = await governed.operator.standing();
  expect(await governed.operator.reconcile({ seen: hash, why: "rent", declare: true })).toMatchObject({ moved_usd: "-100" });
});
