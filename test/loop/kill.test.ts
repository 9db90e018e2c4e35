import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import { audit, wethShare } from "../e2e/support/audit.ts";
import { livingChildren } from "../e2e/support/children.ts";
import { gatewayStage } from "../e2e/support/gateway-stage.ts";
import { BUSY, mandateCopy } from "../e2e/support/mandate-copy.ts";
import { spawnAgent } from "../e2e/support/spawn-agent.ts";
import { notesIn } from "./support/notes.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

test("an agent that is killed in the middle of its loop moves money once: the next life knows what came of it, and tells its model", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: DEFAULT_FUNDS }, volatility: { WETH: 0, GOV: 0 } });
  using stage = gatewayStage(world.url);
  const file = mandateCopy(stage.folder, { ...BUSY, decider: "loop\nshell: off" });
  try {
    const gateway = await startGatewayProcess({ ...stage.config, file });
    try {
      const home = join(stage.folder, "agent");
      const orders = { file, socket: gateway.socket, wallet: gateway.wallet, url: world.url, cycles: 1, home };
      // Nothing is mined: the swap's first transaction is signed and sent, and the agent dies while its tool waits for an answer.
      await world.rpc("evm_setAutomine", [false]);
      const first = spawnAgent(world, orders);
      while (BigInt(((await world.rpc("txpool_status")) as { pending: string }).pending) === 0n);
      await first.kill();
      expect(await first.ended, "it was killed, not done").toBeNull();
      await world.rpc("evm_setAutomine", [true]);
      await world.advance(world.state.start + 2 * MINUTE);
      const second = spawnAgent(world, orders);
      expect(await second.ended).toBe(0);
    } finally {
      await gateway.stop();
    }
    const { confirmed } = await audit(world, stage.home);
    expect(confirmed).toHaveLength(1);
    expect(Math.abs((await wethShare(world)) - 0.5)).toBeLessThan(0.02);
    const openings = await notesIn(stage.home, "loop-opened");
    expect(openings).toHaveLength(2);
    expect(openings[1]?.opening).toMatch(/What came of the last requests:\n- [^\n]*: confirmed/);
    expect(openings[1]?.opening).toContain("this process has just begun");
    const calls = await notesIn(stage.home, "tool-call");
    expect(calls.filter(({ tool }) => tool === "swap_tokens")).toHaveLength(0);
  } finally {
    await world.stop();
  }
});
