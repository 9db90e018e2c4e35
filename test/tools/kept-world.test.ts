import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type KeptWorld, openKeptWorld } from "../../src/cli/tools/kept-world.ts";
import { DAY, HOUR, SECOND } from "../../src/core/clock.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { feedRounds } from "../../src/tools/history/feed-rounds.ts";
import { mandateOf } from "../support/house.ts";

function scratch() {
  const home = mkdtempSync(join(tmpdir(), "mandate-kept-"));
  const machine = { now: 1_000_000 };
  return {
    ...{ home, machine },
    async opened<T>(work: (world: KeptWorld) => Promise<T>): Promise<T> {
      await using world = await openKeptWorld(home, { chainId: 31337, fund: { ETH: "1" }, now: async () => machine.now });
      await world.catchUp();
      const result = await work(world);
      await world.keep();
      return result;
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

test("the time that passes between two calls passes in the world, and its feeds are fresh then", async () => {
  using folder = scratch();
  const first = await folder.opened((world) => world.clock.now());
  folder.machine.now += 2 * DAY;
  const terms = mandateOf().terms;
  const { now, series } = await folder.opened(async (world) => ({
    now: await world.clock.now(),
    series: await feedRounds({ terms, rpcs: { base: rpcClient(world.url) }, clock: world.clock }).series("base/WETH", HOUR, 100),
  }));
  expect(now - first).toBe(2 * DAY);
  expect(series?.source).toContain("rounds of the feed");
  expect(series?.points.at(-1)?.at).toBeGreaterThan(now - HOUR);
  expect(series?.points.length).toBe(49);
  folder.machine.now += SECOND;
  expect(await folder.opened((world) => world.clock.now())).toBe(now + SECOND);
});

test("a world whose market cannot be read does not start as another", async () => {
  using folder = scratch();
  await folder.opened(async () => undefined);
  writeFileSync(join(folder.home, "market.json"), '{"here": 1}');
  await expect(folder.opened(async () => undefined)).rejects.toMatchObject({ code: "KEPT_WORLD" });
});
