import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { gatewayClient } from "../../src/gateway/client.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import {
  bookWith,
  permitTransfer,
  permitTransferData,
  prepareSigning,
  SIGNING_LIMITS,
  signAction,
  signatureIn,
  textOf,
} from "../gateway/support/signing-house.ts";
import { UNLIMITED } from "../support/house.ts";
import { livingChildren } from "./support/children.ts";
import { gatewayStage } from "./support/gateway-stage.ts";

let world: EvmWorld;
let mandate: string;
beforeAll(async () => {
  world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: { ETH: "1", USDC: "1000" } } });
  const front = {
    id: "signs",
    venue: "evm",
    network: "rehearsal",
    numeraire: "USDC",
    every: "60s",
    decider: "structured",
    model: { provider: "scripted", id: "scripted" },
    limits: { ...UNLIMITED, ...SIGNING_LIMITS, max_daily_spend_usd: 100 },
    networks: { rehearsal: bookWith(await prepareSigning(world)) },
  };
  mandate = `---\n${JSON.stringify(front)}\n---\nPay what is owed.\n`;
});
afterAll(() => world.stop());
afterEach(() => expect(livingChildren()).toEqual([]));

test.each([
  ["after-sign", "released"],
  ["after-commit", "open"],
] as const)("a gateway that is killed %s has given no signature; asked again, what it had is %s", async (point, kind) => {
  using stage = gatewayStage(world.url);
  const file = join(stage.folder, "MANDATE.md");
  writeFileSync(file, mandate);
  const wallet = `wallet:${REHEARSAL_WALLET}`;
  const message = await permitTransfer({ world });
  const dying = await startGatewayProcess({ ...stage.config, file, crashAt: point });
  const first = gatewayClient(dying.socket);
  const { lease, cycle } = await first.open(wallet);
  const request = { wallet, lease, cycle, step: 1, actions: [signAction(textOf(permitTransferData(message)))] as const };
  await expect(first.request(request)).rejects.toThrow();
  first.close();
  await dying.ended;
  const running = await startGatewayProcess({ ...stage.config, file });
  const client = gatewayClient(running.socket);
  try {
    expect(await client.settle(wallet)).toMatchObject([{ kind }]);
    const again = await client.request(request);
    expect(again.kind).toBe(kind);
    const { budgets, lease: now, cycle: at } = await client.state(wallet);
    const spent = budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
    expect(spent).toBe(kind === "open" ? "100" : "0");
    if (kind === "open") expect(signatureIn(again)).toMatch(/^0x[0-9a-f]{130}$/);
    else expect(again).not.toHaveProperty("signature");
    // Another step with the same content is another request: the nonce is taken while the first is live.
    const second = await client.request({ ...request, lease: now, cycle: at, step: 2 });
    expect(second.kind).toBe(kind === "open" ? "refused" : "open");
  } finally {
    client.close();
    await running.stop();
  }
});
