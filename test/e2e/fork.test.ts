import { expect, test } from "vitest";
import { gatewayClient } from "../../src/gateway/client.ts";
import type { Request } from "../../src/gateway/contract.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { startLyingNode } from "../effects/support/lying-node.ts";
import { START_FUNDS, swapActions } from "../support/house.ts";
import { codesOf } from "../support/standing.ts";
import { gatewayStage } from "./support/gateway-stage.ts";

test.each([
  [true, "simulates on a fork of its own"],
  [false, "is refused where forks are forbidden"],
])("a gateway whose node can neither simulate nor trace (forks: %s) %s", async (forks) => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const node = await startLyingNode(world.url);
  node.hide("eth_simulateV1", "debug_traceCall");
  using stage = gatewayStage(node.url, forks ? {} : { forks });
  try {
    const gateway = await startGatewayProcess(stage.config);
    const client = gatewayClient(gateway.socket);
    try {
      const { wallet } = gateway;
      const { lease, cycle } = await client.open(wallet);
      const now = await world.clock.now();
      const actions: Request["actions"] = swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now });
      const outcome = await client.request({ wallet, lease, cycle, step: 1, actions });
      if (forks) expect(outcome.kind).toBe("confirmed");
      else expect(codesOf(outcome)).toContain("CANNOT_SIMULATE");
    } finally {
      client.close();
      await gateway.stop();
    }
  } finally {
    await node[Symbol.asyncDispose]();
    await world.stop();
  }
});
