import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Hex } from "../../src/core/hex.ts";
import { type EvmWorld, forkOf, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import type { RehearsalWorld } from "../../src/worlds/rehearsal/evm-stage.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import type { RehearsalReport } from "../../src/worlds/rehearsal/report.ts";
import { type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, nonceOf } from "../support/standing.ts";
import { minedBy } from "./support/audit.ts";
import { livingChildren } from "./support/children.ts";
import { mandateCopy, SHIPPED } from "./support/mandate-copy.ts";
import { scratch } from "./support/scratch.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const START = { seed: 3, fund: { [REHEARSAL_WALLET]: DEFAULT_FUNDS } };

/** The same contracts, balances and nonces under another chain id: what is refused there is refused for that alone. */
function worldOf(chainId: number): Promise<EvmWorld> {
  return startEvmWorld({ ...START, chainId });
}

function rehearseIn(folder: string, file: string, world?: RehearsalWorld): Promise<RehearsalReport> {
  const home = join(folder, `home-${world?.chainId ?? "own"}`);
  return rehearse({ file, home, seed: START.seed, cycles: 2, version: "0.1.0", ...(world ? { world } : {}) });
}

/** The world as seen through a proxy that keeps every raw transaction that is sent. */
function through({ chainId, clock }: EvmWorld, { url }: RpcProxy): RehearsalWorld {
  return { url, chainId, clock };
}

test("the network is one line of the mandate: the same file rehearses on a world and on a fork of it", async () => {
  using place = scratch();
  const file = mandateCopy(place.folder, { network: "base-fork" });
  const [before, after] = [SHIPPED, file].map((path) => readFileSync(path, "utf8").split("\n"));
  const changed = (before ?? []).flatMap((line, i) => (line === after?.[i] ? [] : [line]));
  expect(after).toHaveLength(before?.length ?? 0);
  expect(changed).toHaveLength(1);
  expect(changed[0]).toMatch(/^network: rehearsal\b/);
  const [first, fork] = [await rehearseIn(join(place.folder, "a"), SHIPPED), await rehearseIn(join(place.folder, "b"), file)];
  expect([first.network, fork.network]).toEqual(["rehearsal", "base-fork"]);
  for (const { trades, journal_verified } of [first, fork]) {
    expect(trades).toHaveLength(1);
    expect(journal_verified).toBe(true);
  }
  expect(fork.journal_head).not.toBe(first.journal_head);
});

test("no byte string that a rehearsal signed is accepted by a chain with another id", async () => {
  using place = scratch();
  const forked = mandateCopy(place.folder, { network: "base-fork" });
  const worlds: EvmWorld[] = [];
  const started = async (starting: Promise<EvmWorld>) => {
    const world = await starting;
    worlds.push(world);
    return world;
  };
  try {
    const live = await started(worldOf(8453));
    const twin = await started(startEvmWorld(START));
    const rehearsed = await started(startEvmWorld(START));
    const fork = await started(forkOf(rehearsed, 31338));
    const signed: string[] = [];
    for (const [file, world] of [
      [SHIPPED, rehearsed],
      [forked, fork],
    ] as const) {
      await using proxy = await startRpcProxy(world.url);
      await rehearseIn(place.folder, file, through(world, proxy));
      const mined = await minedBy(world, REHEARSAL_WALLET);
      expect(mined.length).toBeGreaterThan(1);
      expect(proxy.sent.length).toBeGreaterThanOrEqual(mined.length);
      signed.push(...proxy.sent);
    }
    const before = await balancesOf(live, REHEARSAL_WALLET);
    for (const bytes of signed) {
      for (const method of ["eth_sendRawTransaction", "eth_sendRawTransactionSync"]) {
        await expect(live.rpc(method, [bytes])).rejects.toThrow(/chain id/i);
      }
    }
    await live.mine();
    expect(await balancesOf(live, REHEARSAL_WALLET)).toEqual(before);
    expect(await nonceOf(live)).toBe(0);
    // The proof that nothing but the chain's id stood in the way: a twin of the rehearsal's world takes the same bytes.
    const receipt = (await twin.rpc("eth_sendRawTransactionSync", [signed[0]])) as { readonly status: Hex };
    expect(receipt.status).toBe("0x1");
  } finally {
    for (const world of worlds.reverse()) await world.stop();
  }
});
