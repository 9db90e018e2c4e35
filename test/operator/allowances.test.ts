import { expect, test } from "vitest";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse, START_FUNDS } from "../support/house.ts";
import { codesOf, nonceOf } from "../support/standing.ts";
import { governedHouse, purchase } from "./support/governed-house.ts";

const { assets, contracts } = EVM_BOOK.chains.base;

/** An allowance that no nonce shows, as a signature that was given away makes one. */
async function allowBehind({ world }: Pick<House, "world">, amount: bigint): Promise<void> {
  const nonce = await nonceOf(world);
  const { to, data } = encodeApprove(assets.USDC.address, contracts.router.address, amount);
  await world.rpc("anvil_impersonateAccount", [REHEARSAL_WALLET]);
  const hash = await world.rpc("eth_sendTransaction", [{ from: REHEARSAL_WALLET, to, data, gas: "0x30d40" }]);
  // The node names it before it has mined it.
  while ((await world.rpc("eth_getTransactionReceipt", [hash])) === null) await world.rpc("eth_blockNumber");
  await world.rpc("anvil_stopImpersonatingAccount", [REHEARSAL_WALLET]);
  await world.rpc("anvil_setNonce", [REHEARSAL_WALLET, `0x${nonce.toString(16)}`]);
}

/** The native coin that the approval burned is put back: it is not what these cases are about. */
async function allowedUnseen(house: House, amount: bigint): Promise<void> {
  const before = await house.world.rpc("eth_getBalance", [REHEARSAL_WALLET, "latest"]);
  await allowBehind(house, amount);
  await house.world.rpc("anvil_setBalance", [REHEARSAL_WALLET, before]);
}

async function stopOf({ opened: { gateway, wallet } }: House) {
  return (await gateway.state(wallet)).stopped;
}

test("an allowance that the journal does not know of stops the wallet within ten cycles, with both sides; revoking passes; the operator accepts", async () => {
  await using governed = await governedHouse();
  const { house } = governed;
  await house.act();
  await allowedUnseen(house, 77_000_000n);
  for (let cycle = 2; cycle <= 10; cycle += 1) await house.act();
  expect(await stopOf(house)).toBeNull();
  await house.act();
  const router = contracts.router.address.toLowerCase();
  const sides = `${router} may take 77 base/USDC of ${REHEARSAL_WALLET.toLowerCase()}, the journal says 0`;
  expect(await stopOf(house)).toEqual({ code: "UNEXPLAINED_ALLOWANCE", reason: sides });
  expect(codesOf((await house.act(await purchase(house)))[0])).toContain("FROZEN");

  const standing = await governed.operator.standing();
  expect(standing.allowances).toMatchObject([{ asset: "base/USDC", spender: router }]);
  expect(standing.allowances.map(({ journal, chain }) => [journal.toFixed(), chain.toFixed()])).toEqual([["0", "77"]]);
  const [revoked] = await house.act([evmAction(encodeApprove(assets.USDC.address, contracts.router.address, 0n))]);
  expect(revoked?.kind).toBe("confirmed");
  const { hash } = await governed.operator.standing();
  await governed.operator.reconcile({ seen: hash, why: "found out what it was", declare: false });
  expect(await stopOf(house)).toBeNull();
  for (let cycle = 0; cycle < 11; cycle += 1) await house.act();
  expect(await stopOf(house)).toBeNull();
});

test("what was allowed before the gateway's first start is known to it", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  try {
    await allowBehind({ world }, 5_000_000n);
    await using house = await openHouse({ world });
    await house.act();
    expect(await stopOf(house)).toBeNull();
    await allowedUnseen(house, 6_000_000n);
    await house.restart();
    await house.act();
    expect(await stopOf(house)).toMatchObject({ reason: expect.stringContaining("6 base/USDC") });
    expect(await stopOf(house)).toMatchObject({ reason: expect.stringContaining("the journal says 5") });
  } finally {
    await world.stop();
  }
});

test.each([
  ["when it starts, before any cycle", (house: House) => house.opened.gateway.start()],
  ["in its first cycle, where the chain could not be read at the start", (house: House) => house.act()],
])("a gateway that was away finds it %s, and what the operator accepted is no surprise again", async (_, look) => {
  await using governed = await governedHouse();
  const { house } = governed;
  await allowedUnseen(house, 5n);
  await house.restart();
  await look(house);
  expect(await stopOf(house)).toMatchObject({ code: "UNEXPLAINED_ALLOWANCE" });
  const { hash } = await governed.operator.standing();
  await governed.operator.reconcile({ seen: hash, why: "mine", declare: false });
  await house.restart();
  await house.act();
  expect(await stopOf(house)).toBeNull();
});
