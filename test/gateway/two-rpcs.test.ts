import { expect, test } from "vitest";
import { requireTwoRpcs } from "../../src/gateway/require-two-rpcs.ts";
import { latestRoundCall } from "../../src/protocols/chainlink.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type LyingNode, startLyingNode } from "../effects/support/lying-node.ts";
import { type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { codesOf, nonceOf, signedKept } from "../support/standing.ts";

interface Witnessed extends AsyncDisposable {
  readonly world: EvmWorld;
  readonly witness: LyingNode;
  readonly options: { readonly book: object; readonly world: EvmWorld; readonly limits: Readonly<Record<string, unknown>> };
}

/** A network that is no world by its book, with a second endpoint that may lie. */
async function witnessed(limits: Readonly<Record<string, unknown>> = {}, { alone = false } = {}): Promise<Witnessed> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const witness = await startLyingNode(world.url);
  const rpc = alone ? world.url : [world.url, witness.url.replace("127.0.0.1", "localhost")];
  const chain = { ...EVM_BOOK.chains.base, rpc, block_seconds: 1, confirmations: 1 };
  return {
    world,
    witness,
    options: { world, book: { wallet: REHEARSAL_WALLET, chains: { base: chain } }, limits: { ...SHIPPED_LIMITS, ...limits } },
    async [Symbol.asyncDispose]() {
      await witness[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

function required({ mandate, opened }: House): Promise<void> {
  return opened.gateway.read(opened.wallet, (wallet) => requireTwoRpcs(mandate.terms, wallet));
}

async function sale({ world }: House) {
  return swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now: await world.clock.now() });
}

test("above the amount that the mandate states a gateway with one RPC does not start; at the amount it does", async () => {
  await using chain = await witnessed({ two_rpcs_above_usd: 1499 }, { alone: true });
  await using house = await openHouse(chain.options);
  await expect(required(house)).rejects.toMatchObject({ code: "ONE_RPC", message: expect.stringContaining("$1,500") });
  const { options } = chain;
  await house.opened.close();
  await using other = await openHouse({ ...options, limits: { ...options.limits, two_rpcs_above_usd: 1500 } });
  await expect(required(other)).resolves.toBeUndefined();
});

test("what has no price counts as more than any amount", async () => {
  await using chain = await witnessed({}, { alone: true });
  await using house = await openHouse(chain.options);
  await chain.world.freezeFeeds(true);
  await chain.world.setFeed("WETH", "0");
  await expect(required(house)).rejects.toMatchObject({ code: "ONE_RPC" });
});

test("with two hosts it starts whatever is held, and what both say is believed", async () => {
  await using chain = await witnessed({ two_rpcs_above_usd: 1 });
  await using house = await openHouse(chain.options);
  await expect(required(house)).resolves.toBeUndefined();
  expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
});

const FEED = EVM_BOOK.chains.base.feeds.WETH.address.toLowerCase();
const raised = (result: unknown) => `0x${(BigInt(String(result)) + 1n).toString(16).padStart(64, "0")}`;

/** The feed of WETH says a unit more; everything else is as it is. */
function dearer(result: unknown, [call]: readonly unknown[]): unknown {
  const { to, data } = call as { readonly to?: string; readonly data?: string };
  if (to?.toLowerCase() !== FEED || data !== latestRoundCall) return result;
  const words = String(result).slice(2).match(/.{64}/g) ?? [];
  const answer = (BigInt(`0x${words[1]}`) + 1n).toString(16).padStart(64, "0");
  return `0x${[words[0], answer, ...words.slice(2)].join("")}`;
}

test.each([
  ["balances", "eth_getBalance", raised],
  ["prices", "eth_call", dearer],
  ["prices and token balances", "eth_call", raised],
  ["code", "eth_getCode", () => "0x00"],
  [
    "the block's hash",
    "eth_getBlockByNumber",
    (block: unknown) => ({ ...(block as Record<string, unknown>), hash: `0x${"5a".repeat(32)}` }),
  ],
] as const)(
  "a second RPC that says other %s has every request refused, nothing signed; once it is honest they pass",
  async (_, method, lie) => {
    await using chain = await witnessed();
    await using house = await openHouse(chain.options);
    chain.witness.lie(method, lie);
    const [refused] = await house.act(await sale(house));
    expect(codesOf(refused)).toContain("RPC_DISAGREES");
    expect(await nonceOf(chain.world)).toBe(0);
    expect(signedKept(house.home)).toBe(0);
    chain.witness.honest();
    expect((await house.act(await sale(house)))[0]?.kind).toBe("confirmed");
  },
);

test("while the second RPC cannot answer no request reaches a verdict", async () => {
  await using chain = await witnessed();
  await using house = await openHouse(chain.options);
  chain.witness.hide("eth_blockNumber");
  await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  expect(await nonceOf(chain.world)).toBe(0);
});
