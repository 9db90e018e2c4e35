import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runAgent } from "../../src/agent/agent.ts";
import type { AgentEvent } from "../../src/agent/events.ts";
import { MINUTE, SECOND, systemClock } from "../../src/core/clock.ts";
import { type Address, type Hex, lower } from "../../src/core/hex.ts";
import { seededRandom } from "../../src/core/random.ts";
import { structuredDecider } from "../../src/deciders/structured/structured.ts";
import { gatewayClient } from "../../src/gateway/client.ts";
import { endpointsOf } from "../../src/gateway/serve/endpoints-of.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import type { GatewayConfig } from "../../src/gateway/serve/run-gateway.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { modelConfigOf } from "../../src/llm/model-config-of.ts";
import { resolveModel } from "../../src/llm/resolve-model.ts";
import { balanceRule } from "../../src/llm/scripted/balance-rule.ts";
import { startScriptedModel } from "../../src/llm/scripted/start-scripted-model.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import { firstLiveOf } from "../support/first-live.ts";
import { minedBy } from "./support/audit.ts";
import { livingChildren } from "./support/children.ts";
import { mandateCopy, standingAt } from "./support/mandate-copy.ts";
import { scratch } from "./support/scratch.ts";

/** Stands for a key of worth: no rehearsal knows it. */
const KEY: Hex = `0x${"4c".repeat(32)}`;
const WALLET: Address = lower(privateKeyToAddress(KEY));
const PASSWORD = "correct horse";
const CHAIN = 31339;

let world: EvmWorld;
beforeAll(async () => {
  const now = Math.floor((await systemClock.now()) / SECOND) * SECOND;
  world = await startEvmWorld({ seed: 5, start: now, chainId: CHAIN, fund: { [WALLET]: DEFAULT_FUNDS } });
  // From here on its time is the machine's, as a chain's would be.
  await world.rpc("anvil_removeBlockTimestampInterval");
});
afterAll(() => world.stop());
afterEach(() => expect(livingChildren()).toEqual([]));

/** The cast binary that npm installed. Its own launcher needs an install script. */
function castBinary(): string {
  const launcher = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/cast/package.json"));
  const cpu = process.arch === "x64" ? "amd64" : process.arch;
  return join(dirname(launcher.resolve(`@foundry-rs/cast-${process.platform}-${cpu}/package.json`)), "bin", "cast");
}

/** A keystore for {@link KEY} as `cast wallet import` writes it. */
async function importedKeystore(folder: string): Promise<string> {
  const args = ["wallet", "import", "live", "--private-key", KEY, "--keystore-dir", folder, "--unsafe-password", PASSWORD];
  await promisify(execFile)(castBinary(), args);
  return join(folder, "live");
}

/** The shipped mandate with its network at the endpoint, and the configuration of a live gateway for it. */
async function liveConfig(folder: string, limits: Readonly<Record<string, string | number>> = {}): Promise<GatewayConfig> {
  const keys = join(folder, "keys");
  mkdirSync(keys);
  return {
    file: mandateCopy(folder, { ...standingAt(world.url, WALLET), id: "live-book", "        id": CHAIN, ...limits }),
    home: join(folder, "home"),
    socket: join(folder, "gateway.sock"),
    keystore: await importedKeystore(keys),
    password: PASSWORD,
    live: true,
  };
}

test("live is the same path: a keystore that cast wrote, the machine's clock, one cycle, one trade on chain", async () => {
  using place = scratch();
  const asked = await liveConfig(place.folder);
  await expect(startGatewayProcess(asked)).rejects.toMatchObject({ code: "FIRST_LIVE_NEEDS_OPERATOR" });
  const config = { ...asked, ...(await firstLiveOf(asked.file)) };
  const mandate = readMandate(config.file);
  expect(mandate.rehearsal).toBe(false);
  expect(mandate.terms.accounts.wallet).toBe(WALLET);
  const server = await startScriptedModel({ rule: balanceRule() });
  const events: AgentEvent[] = [];
  const gateway = await startGatewayProcess(config);
  const [child] = livingChildren();
  expect(readFileSync(`/proc/${child?.pid}/limits`, "utf8")).toMatch(/^Max core file size +0 +0 /m);
  const client = gatewayClient(gateway.socket);
  const clock = systemClock;
  try {
    const model = await resolveModel({
      config: { ...modelConfigOf(mandate.brief.model), base_url: server.url },
      env: {},
      clock,
      random: seededRandom("live"),
      version: "0.1.0",
    });
    const rpcs = { base: rpcClient(endpointsOf(mandate, undefined).base ?? "") };
    const venue = evmVenue({ mandate, rpcs, clock });
    const decider = structuredDecider({ mandate, model, venue });
    await runAgent({
      mandate,
      wallet: gateway.wallet,
      gateway: client,
      venue,
      decider,
      clock,
      cycles: 1,
      on: (event) => events.push(event),
    });
  } finally {
    client.close();
    await gateway.stop();
    await server.stop();
  }
  const done = events.flatMap((event) => (event.kind === "done" ? [event.outcome] : []));
  expect(done.map(({ kind }) => kind)).toEqual(["confirmed"]);
  const mined = await minedBy(world, WALLET);
  expect(mined.map(({ hash }) => hash)).toEqual(done.flatMap(({ transactions }) => transactions.map(({ hash }) => hash)));
  expect(mined.every(({ ok }) => ok)).toBe(true);
  expect(mined.flatMap(({ sent }) => sent.map(({ asset }) => asset))).toEqual(["base/WETH"]);
  expect(
    await verifyJournal(join(config.home, "journal.sqlite"), { mirror: join(config.home, "mirror", "heads") }),
  ).toMatchObject({
    ok: true,
  });
  // Told by the machine's clock, not by a world's.
  const [first] = events;
  expect(Math.abs((first?.at ?? 0) - (await systemClock.now()))).toBeLessThan(2 * MINUTE);
});

test("without --live the same start is refused, and nothing is opened", async () => {
  using place = scratch();
  const config = await liveConfig(place.folder);
  await expect(startGatewayProcess({ ...config, live: false })).rejects.toMatchObject({ code: "LIVE_NOT_ASKED" });
});

test("a real key signs under no limit that is unlimited", async () => {
  using place = scratch();
  const config = await liveConfig(place.folder, { max_daily_loss_usd: "unlimited" });
  const refused = await startGatewayProcess(config).then(
    () => null,
    (error: { code: string; message: string; details?: unknown }) => error,
  );
  expect(JSON.stringify([refused, refused?.message])).toContain("MUST_BE_FINITE");
});

test("a keystore of another wallet, or the wrong password for this one, is refused", async () => {
  using place = scratch();
  const config = await liveConfig(place.folder);
  await expect(startGatewayProcess({ ...config, password: "wrong" })).rejects.toMatchObject({ code: "KEYSTORE_PASSWORD" });
  const { stdout } = await promisify(execFile)(castBinary(), [
    ...["wallet", "new", place.folder, "--unsafe-password", PASSWORD, "--json"],
  ]);
  const [{ path }] = JSON.parse(stdout) as [{ path: string }];
  await expect(startGatewayProcess({ ...config, keystore: path })).rejects.toMatchObject({ code: "WRONG_KEY" });
  writeFileSync(config.keystore, "{}");
  await expect(startGatewayProcess(config)).rejects.toMatchObject({ code: /^KEYSTORE_/ });
});
