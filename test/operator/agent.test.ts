import { expect, test } from "vitest";
import type { CycleParameters } from "../../src/agent/cycle.ts";
import { runCycle } from "../../src/agent/cycle.ts";
import type { AgentEvent } from "../../src/agent/events.ts";
import { PriceHistory } from "../../src/agent/price-history.ts";
import { noSpans } from "../../src/agent/spans.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import type { EvmIntent } from "../../src/venues/evm/intents.ts";
import type { EvmObservation } from "../../src/venues/evm/observation.ts";
import { governedHouse } from "./support/governed-house.ts";

test("an agent that was started anew between its question and the answer uses the grant for what it had asked", async () => {
  await using governed = await governedHouse({ limits: { require_human_approval_above_usd: 100, max_slippage_bps: 100 } });
  const { house } = governed;
  const { mandate, world } = house;
  const floor = decimal("0.0497");
  const wish: EvmIntent = { kind: "swap", account: undefined, sell: "base/USDC", buy: "base/WETH", amount: decimal(150), floor };
  const life = (first: EvmIntent | null): CycleParameters<EvmIntent, EvmObservation> => ({
    mandate,
    wallet: house.opened.wallet,
    gateway: house.opened.gateway,
    venue: evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock }),
    decider: {
      decide: async () =>
        first ? { kind: "intents", intents: [first], why: "cheap" } : { kind: "hold", why: "wait and see", code: null },
    },
    clock: world.clock,
    spans: noSpans,
    memory: null,
    history: new PriceHistory(),
    tried: new Set(),
    on: () => undefined,
    dryRun: false,
    patience: MINUTE,
  });
  expect((await runCycle(life(wish))).outcomes).toMatchObject([{ kind: "refused", verdict: { kind: "ask" } }]);
  await house.restart();
  const [asked] = (await house.opened.gateway.state(house.opened.wallet)).permits;
  expect(asked).toMatchObject({ status: "open" });
  const waiting = await runCycle(life(null));
  expect(waiting.outcomes, "nobody has answered").toEqual([]);
  await governed.operator.approve(asked?.id ?? "");
  await house.restart();
  const woken = await runCycle(life(null));
  expect(woken.outcomes).toMatchObject([{ kind: "confirmed" }]);
  expect(woken.outcomes[0]).toMatchObject({ done: expect.arrayContaining([expect.objectContaining({ amount: decimal(-150) })]) });
  expect((await house.opened.gateway.state(house.opened.wallet)).permits).toEqual([]);
});

test("an agent wakes when its permit is granted, and gets what was shown without asking its decider for it again", async () => {
  await using governed = await governedHouse({ limits: { require_human_approval_above_usd: 100, max_slippage_bps: 100 } });
  const { house, operator } = governed;
  const { mandate, world, opened } = house;
  const intent: EvmIntent = {
    kind: "swap",
    account: undefined,
    sell: "base/USDC",
    buy: "base/WETH",
    amount: decimal(150),
    floor: decimal("0.0497"),
  };
  const events: AgentEvent<EvmIntent>[] = [];
  let decided = 0;
  const parameters: CycleParameters<EvmIntent, EvmObservation> = {
    mandate,
    wallet: opened.wallet,
    gateway: opened.gateway,
    venue: evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock }),
    decider: {
      decide: async () => {
        decided += 1;
        return decided === 1 ? { kind: "intents", intents: [intent], why: "cheap" } : { kind: "hold", why: "done", code: null };
      },
    },
    clock: world.clock,
    spans: noSpans,
    memory: null,
    history: new PriceHistory(),
    tried: new Set(),
    on: (event) => events.push(event),
    dryRun: false,
    patience: MINUTE,
  };
  const first = await runCycle(parameters);
  expect(first.outcomes).toMatchObject([{ kind: "refused", verdict: { kind: "ask" } }]);
  const second = await runCycle({ ...parameters, memory: first.memory });
  const memory = second.memory;
  const quiet = await runCycle({ ...parameters, memory });
  expect(quiet.decision, "nobody has answered").toBeNull();
  const [asked] = (await opened.gateway.state(opened.wallet)).permits;
  await operator.approve(asked?.id ?? "");
  const woken = await runCycle({ ...parameters, memory: quiet.memory });
  expect(woken.outcomes).toMatchObject([{ kind: "confirmed" }]);
  expect((await opened.gateway.state(opened.wallet)).permits).toEqual([]);
  expect(woken.decision).toMatchObject({ kind: "hold" });
});
