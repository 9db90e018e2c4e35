import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { SECOND, systemClock } from "../../src/core/clock.ts";
import { type Address, type Hex, lower } from "../../src/core/hex.ts";
import { gatewayClient } from "../../src/gateway/client.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { type GatewayProcess, startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import type { GatewayConfig } from "../../src/gateway/serve/run-gateway.ts";
import { applyEntry, emptyWallet } from "../../src/journal/fold-wallet.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { NO_TRANSIT } from "../../src/journal/transit.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { deliver, dispatchedFrom } from "../../src/worlds/anvil/hyperlane/relay.ts";
import { startTwoDomains, type TwoDomains, twoDomainBook } from "../../src/worlds/anvil/hyperlane/two-domains.ts";
import { BRIDGING, FUNDS, sending } from "../gateway/support/two-domain-house.ts";
import { firstLiveOf } from "../support/first-live.ts";
import { UNLIMITED } from "../support/house.ts";
import { isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { livingChildren } from "./support/children.ts";
import { scratch } from "./support/scratch.ts";

/** Stands for a key of worth: no rehearsal knows it. */
const KEY: Hex = `0x${"4d".repeat(32)}`;
const WALLET: Address = lower(privateKeyToAddress(KEY));
const PASSWORD = "a password of the tests";

/** A real key signs under limits alone. */
const BOUNDED = {
  max_single_trade_usd: 1_000,
  max_daily_spend_usd: 1_000,
  max_daily_loss_usd: 100,
  max_position_size_usd: 20_000,
  stop_loss_pct: 50,
  max_gas_usd_per_day: 100,
  exit_gas_usd_per_day: 100,
};

let domains: TwoDomains;
beforeAll(async () => {
  const start = Math.floor((await systemClock.now()) / SECOND) * SECOND;
  domains = await startTwoDomains({ seed: 1, fund: { [WALLET]: FUNDS }, start });
  // From here on their time is the machine's, as a chain's would be.
  for (const { world } of [domains.base, domains.arb]) await world.rpc("anvil_removeBlockTimestampInterval");
});
afterAll(() => domains.stop());
afterEach(() => expect(livingChildren()).toEqual([]));

/** A mandate on both chains as real ones, "base" behind a proxy, and the configuration of its gateway. */
async function stage(folder: string, base: string): Promise<GatewayConfig> {
  const { chains } = twoDomainBook(domains);
  const real = { confirmations: 1, block_seconds: 1 };
  const live = {
    wallet: WALLET,
    chains: { base: { ...chains.base, ...real, rpc: base }, arb: { ...chains.arb, ...real, rpc: domains.arb.world.url } },
  };
  const front = {
    id: "bridges",
    venue: "evm",
    network: "live",
    numeraire: "USDC",
    every: "60s",
    decider: "structured",
    model: { provider: "scripted", id: "scripted" },
    limits: { ...UNLIMITED, ...BRIDGING, ...BOUNDED },
    networks: { live },
  };
  const file = join(folder, "MANDATE.md");
  writeFileSync(file, `---\n${JSON.stringify(front)}\n---\nKeep it where it is needed.\n`);
  const keystore = join(folder, "key.json");
  writeFileSync(keystore, sealKeystore({ privateKey: KEY, class: "live", password: PASSWORD }), { mode: 0o600 });
  const config = {
    file,
    home: join(folder, "home"),
    socket: join(folder, "gateway.sock"),
    keystore,
    password: PASSWORD,
    live: true,
  };
  return { ...config, ...(await firstLiveOf(file)) };
}

test("a gateway that is killed once its message is on chain knows of it once in its next life, delivered meanwhile or not", async () => {
  using place = scratch();
  await using proxy = await startRpcProxy(domains.base.world.url);
  const config = await stage(place.folder, proxy.url);
  const wallet = `wallet:${WALLET}`;
  for (const meanwhile of [false, true]) {
    const dying: GatewayProcess = await startGatewayProcess(config);
    const client = gatewayClient(dying.socket);
    let sends = 0;
    let killed: Promise<void> | undefined;
    // Both transactions are mined, and the gateway asks for what came of them.
    proxy.meddle(({ method }) => {
      if (isSend(method)) sends += 1;
      if (sends < 2 || method !== "eth_getTransactionReceipt") return "forward";
      killed ??= dying.kill();
      return "swallow";
    });
    const { lease, cycle } = await client.open(wallet);
    const actions = sending(domains, { amount: "50", recipient: WALLET }) as [Action, ...Action[]];
    await expect(client.request({ wallet, lease, cycle, step: 1, actions })).rejects.toThrow();
    client.close();
    expect((await dying.ended).signal).toBe("SIGKILL");
    await killed;
    proxy.meddle(() => "forward");
    const messages = await dispatchedFrom(domains.base.site, domains.base.contracts.mailbox);
    expect(messages).toHaveLength(meanwhile ? 2 : 1);
    const [last] = messages.slice(-1);
    const arrive = async () => {
      if (last) await deliver(domains.arb.site, domains.arb.contracts.mailbox, last.message);
    };
    if (meanwhile) await arrive();
    const next = await startGatewayProcess(config);
    const again = gatewayClient(next.socket);
    try {
      await again.settle(wallet);
      const { under_way = [], open } = await again.state(wallet);
      expect(open).toEqual([]);
      expect(under_way.map(({ id }) => id)).toEqual(meanwhile ? [] : [last?.id]);
      if (!meanwhile) await arrive();
      await again.open(wallet);
      const state = await again.state(wallet);
      expect(state).toMatchObject({ stopped: null });
      const held = state.holdings.find(({ asset }) => asset === "arb/USDC")?.amount.toFixed();
      expect(held).toBe(meanwhile ? "400" : "350");
    } finally {
      again.close();
      await next.stop();
    }
  }
  const path = join(config.home, "journal.sqlite");
  expect(await verifyJournal(path, { mirror: join(config.home, "mirror", "heads") })).toMatchObject({ ok: true });
  const reader = await openJournalReader(path);
  const kinds: string[] = [];
  let state = emptyWallet;
  for await (const entry of reader.read(wallet)) {
    kinds.push(entry.kind);
    state = applyEntry(state, entry);
  }
  await reader.close();
  expect(kinds.filter((kind) => ["signed", "settled", "delivered"].includes(kind))).toEqual(
    [1, 2].flatMap(() => ["signed", "settled", "delivered"]),
  );
  expect(state.transit).toEqual(NO_TRANSIT);
});
