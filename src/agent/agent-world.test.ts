import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MINUTE } from "../core/clock.ts";
import { ZERO } from "../core/decimal.ts";
import type { Address } from "../core/hex.ts";
import { hashOf } from "../core/json.ts";
import { seededRandom } from "../core/random.ts";
import { structuredDecider } from "../deciders/structured/structured.ts";
import type { Gateway, GatewayState, Note, Outcome, Request } from "../gateway/contract.ts";
import { resolveModel } from "../llm/resolve-model.ts";
import { balanceRule } from "../llm/scripted/balance-rule.ts";
import { type ScriptedModel, startScriptedModel } from "../llm/scripted/start-scripted-model.ts";
import { parseMandate } from "../mandate/parse-mandate.ts";
import { rpcClient } from "../protocols/json-rpc.ts";
import { evmVenue } from "../venues/evm/evm-venue.ts";
import { EVM_BOOK } from "../worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../worlds/anvil/evm-world.ts";
import { runAgent } from "./agent.ts";
import type { AgentEvent } from "./events.ts";

const OWNER: Address = privateKeyToAddress(`0x${"b2".repeat(32)}`).toLowerCase() as Address;
const MANDATE = `---
id: balanced
venue: evm
network: rehearsal
numeraire: USDC
every: 60s
decider: structured
model: { provider: scripted, id: scripted-1 }
limits:
  allowed_tokens: [WETH, USDC]
  max_single_trade_usd: 300
  max_daily_spend_usd: 2000
  max_daily_loss_usd: 60
  max_position_size_usd: 6000
networks:
  rehearsal: ${JSON.stringify(EVM_BOOK)}
---
Hold half in WETH and half in USDC. Let it drift ten points either way before you act.
`;

let world: EvmWorld;
let model: ScriptedModel;
beforeAll(async () => {
  [world, model] = await Promise.all([
    startEvmWorld({ seed: 11, fund: { [OWNER]: { ETH: "1", WETH: "0.4", USDC: "300" } } }),
    startScriptedModel({ rule: balanceRule() }),
  ]);
  await world.rpc("anvil_impersonateAccount", [OWNER]);
});
afterAll(async () => {
  await Promise.all([world?.stop(), model?.stop()]);
});

/** Right after a send the node may not have the receipt yet. */
async function receiptOf(hash: string): Promise<{ status: string }> {
  for (;;) {
    const receipt = (await world.rpc("eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt) return receipt;
  }
}

/** Sends whatever is asked for as the owner: no limits, no journal. The chain is real; this is not the gateway. */
class Sender implements Gateway {
  readonly notes: Note[] = [];
  readonly requests: Request[] = [];
  #cycle = 0;

  async open() {
    return { lease: ++this.#cycle, cycle: this.#cycle };
  }

  async state(wallet: string): Promise<GatewayState> {
    const now = await world.clock.now();
    const nothing = {
      stopped: null,
      open: [],
      budgets: [],
      holdings: [],
      high_water_usd: null,
      model_spent_today_usd: ZERO,
      recent: [],
      permits: [],
    };
    return { wallet, now, lease: this.#cycle, cycle: this.#cycle, ...nothing };
  }

  preview(): never {
    throw new TypeError("not asked for here");
  }

  async request(request: Request): Promise<Outcome> {
    this.requests.push(request);
    const transactions: { hash: string; status: "success" | "reverted" }[] = [];
    for (const action of request.actions) {
      if (!("call" in action)) throw new TypeError("not a call");
      const { to, data } = action.call;
      const hash = (await world.rpc("eth_sendTransaction", [{ from: OWNER, to, data, gas: "0x7a120" }])) as string;
      const receipt = await receiptOf(hash);
      transactions.push({ hash, status: receipt.status === "0x1" ? "success" : "reverted" });
    }
    const kind = transactions.every(({ status }) => status === "success") ? "confirmed" : "rejected";
    return { kind, key: hashOf([request.cycle, request.step]), done: [], awaits: [], transactions, reason: null };
  }

  async settle() {
    return [];
  }

  async note(_wallet: string, notes: readonly Note[]) {
    this.notes.push(...notes);
  }
}

test("an agent on real contracts reaches its targets in trades within its limits, then holds without a call", async () => {
  const mandate = parseMandate(MANDATE, { file: "MANDATE.md", worldWallet: OWNER });
  const venue = evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  const port = await resolveModel({
    config: { provider: "scripted", id: "scripted-1", api: "messages", base_url: model.url, prices: { input: "1", output: "2" } },
    env: {},
    clock: world.clock,
    random: seededRandom(1),
    version: "0.0.0",
  });
  const gateway = new Sender();
  const events: AgentEvent[] = [];
  const start = await world.clock.now();
  const report = await runAgent({
    mandate,
    wallet: `wallet:${OWNER}`,
    gateway,
    venue,
    decider: structuredDecider({ mandate, model: port, venue }),
    clock: world.clock,
    cycles: 6,
    on: (event) => events.push(event),
  });
  const seen = await venue.observe();
  const weth = seen.holdings.find(({ asset }) => asset === "base/WETH");
  // 80 to 50 is $450 of $1,500: two cycles of at most $300 each.
  expect(gateway.requests.map(({ cycle }) => cycle)).toEqual([1, 2]);
  expect(events.filter((event) => event.kind === "done").map(({ outcome }) => outcome.kind)).toEqual(["confirmed", "confirmed"]);
  expect(weth?.weight?.minus("0.5").abs().lt("0.02")).toBe(true);
  expect(seen.allowances).toEqual([]);
  expect(report).toMatchObject({ cycles: 6, model_calls: model.requests.length });
  expect(report.model_calls).toBeLessThanOrEqual(4);
  expect(report.model_cost_usd.gt(0)).toBe(true);
  expect((await world.clock.now()) - start).toBeGreaterThanOrEqual(5 * MINUTE);
});
