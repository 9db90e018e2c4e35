import { toHex } from "viem";
import { expect, test } from "vitest";
import { HOUR, type Instant, MINUTE } from "../../src/core/clock.ts";
import { signOrder } from "../../src/gateway/operator/orders.ts";
import type { TimeSource } from "../../src/gateway/steady-time.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { startLyingNode } from "../effects/support/lying-node.ts";
import { governedHouse, purchase, sale } from "../operator/support/governed-house.ts";
import { openHouse, START_FUNDS } from "../support/house.ts";
import { type Fate, startRpcProxy } from "../support/rpc-proxy.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { codesOf, nonceOf } from "../support/standing.ts";

/** A machine's clock beside a chain that keeps time: it can be set, and what has passed cannot, but stands while it sleeps. */
function machineClock(world: EvmWorld): TimeSource & { set(by: number): void; sleep(ms: number): void } {
  let [set, slept] = [0, 0];
  let latest: Instant = 0;
  return {
    async now() {
      latest = await world.clock.now();
      return latest + set;
    },
    elapsed: () => latest - slept,
    set: (by) => {
      set = by;
    },
    sleep: (ms) => {
      slept += ms;
    },
  };
}

/** A network that is no world by its book: the node's time is held against the clock's. */
function realBook(rpc: string): object {
  return { wallet: REHEARSAL_WALLET, chains: { base: { ...EVM_BOOK.chains.base, rpc, block_seconds: 1, confirmations: 1 } } };
}

/** The lid is closed: the chain and the machine's clock go on, what counts the time that passes does not. */
async function sleepFor(ms: number, world: EvmWorld, clock: { sleep(ms: number): void }): Promise<void> {
  clock.sleep(ms);
  await world.advance((await world.clock.now()) + ms);
  await world.setTruePrice("WETH", "3000");
}

async function machineWorld() {
  const world = await startEvmWorld({
    seed: 1,
    period: 6 * HOUR,
    volatility: { WETH: 0, GOV: 0 },
    fund: { [REHEARSAL_WALLET]: START_FUNDS },
  });
  return { world, clock: machineClock(world), book: realBook(world.url), limits: SHIPPED_LIMITS };
}

test.each([25 * HOUR, -25 * HOUR, 2 * MINUTE])(
  "a clock that is set by %d ms and back stops the wallet before its next signature; exits still pass; the operator resumes it",
  async (by) => {
    const { world, ...on } = await machineWorld();
    try {
      await using governed = await governedHouse({ world, ...on });
      const { house } = governed;
      expect((await house.act(await purchase(house, "30", "0.00995")))[0]?.kind).toBe("confirmed");
      const nonce = await nonceOf(world);
      on.clock.set(by);
      const [while_] = await house.act(await purchase(house, "30", "0.00995"));
      expect(codesOf(while_)).toContain("FROZEN");
      on.clock.set(0);
      const [after] = await house.act(await purchase(house, "30", "0.00995"));
      expect(codesOf(after)).toEqual(["FROZEN"]);
      expect(await nonceOf(world)).toBe(nonce);
      const state = await house.opened.gateway.state(house.opened.wallet);
      expect(state.stopped).toMatchObject({ code: "CLOCK_JUMPED" });
      expect(Math.abs(state.now - (await world.clock.now()))).toBeLessThan(MINUTE);
      expect(state.budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed()).toBe("30");
      expect((await house.act(await sale(house, "0.1", "298")))[0]?.kind).toBe("confirmed");
      await governed.operator.unfreeze("the clock is right again");
      expect((await house.act(await purchase(house, "30", "0.00995")))[0]?.kind).toBe("confirmed");
    } finally {
      await world.stop();
    }
  },
);

test("a wallet is not resumed while its clock and its chain do not agree", async () => {
  const { world, ...on } = await machineWorld();
  try {
    await using governed = await governedHouse({ world, ...on });
    on.clock.set(HOUR);
    await governed.house.act();
    await expect(governed.operator.unfreeze("go on")).rejects.toMatchObject({ code: "CLOCK_WRONG" });
    on.clock.set(0);
    expect(await governed.operator.unfreeze("go on")).toBeNull();
  } finally {
    await world.stop();
  }
});

test.each([25 * HOUR, -25 * HOUR])("a gateway whose clock is off by %d ms does not start, and writes nothing", async (by) => {
  const { world, ...on } = await machineWorld();
  try {
    await using house = await openHouse({ world, ...on });
    const { seq } = house.opened.stream.state;
    on.clock.set(by);
    await expect(house.restart()).rejects.toMatchObject({ code: "CLOCK_WRONG" });
    on.clock.set(0);
    await house.restart();
    expect(house.opened.stream.state.seq).toBe(seq + 1);
  } finally {
    await world.stop();
  }
});

test("a machine that slept goes on by itself where the chain says the same time, and its budgets are as old as that", async () => {
  const { world, ...on } = await machineWorld();
  try {
    await using house = await openHouse({ world, ...on });
    const buy = async () => (await house.act(await purchase(house, "30", "0.00995")))[0];
    expect((await buy())?.kind).toBe("confirmed");
    await sleepFor(8 * HOUR, world, on.clock);
    expect((await buy())?.kind).toBe("confirmed");
    const spent = async () => {
      const { budgets, now, stopped } = await house.opened.gateway.state(house.opened.wallet);
      expect(stopped).toBeNull();
      expect(Math.abs(now - (await world.clock.now()))).toBeLessThan(MINUTE);
      return budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
    };
    expect(await spent()).toBe("60");
    await sleepFor(17 * HOUR, world, on.clock);
    expect(await spent()).toBe("30");
  } finally {
    await world.stop();
  }
});

test("while the chain cannot confirm a sleep the wallet is stopped and nothing refills; it goes on by itself once it can", async () => {
  const { world, ...on } = await machineWorld();
  try {
    await using node = await startRpcProxy(world.url);
    await using house = await openHouse({ world, ...on, book: realBook(node.url), endpoint: node.url });
    const buy = async () => (await house.act(await purchase(house, "30", "0.00995")))[0];
    expect((await buy())?.kind).toBe("confirmed");
    const { gateway, wallet } = house.opened;
    await sleepFor(25 * HOUR, world, on.clock);
    node.meddle(({ method }) => (method === "eth_getBlockByNumber" ? "swallow" : "forward"));
    const unknown = await gateway.state(wallet);
    expect(unknown.stopped).toMatchObject({ code: "CLOCK_JUMPED" });
    expect(unknown.budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed()).toBe("30");
    node.meddle(() => "forward");
    const known = await gateway.state(wallet);
    expect(known.stopped).toBeNull();
    expect(known.budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed()).toBe("0");
    expect((await buy())?.kind).toBe("confirmed");
  } finally {
    await world.stop();
  }
});

test("where two nodes are named, a clock that jumped is believed only once both say the same time", async () => {
  const { world, ...on } = await machineWorld();
  const witness = await startLyingNode(world.url);
  try {
    const rpc = [world.url, witness.url.replace("127.0.0.1", "localhost")];
    const chain = { ...EVM_BOOK.chains.base, rpc, block_seconds: 1, confirmations: 1 };
    await using house = await openHouse({ world, ...on, book: { wallet: REHEARSAL_WALLET, chains: { base: chain } } });
    const { gateway, wallet } = house.opened;
    const slept = await world.clock.now();
    await sleepFor(25 * HOUR, world, on.clock);
    witness.lie("eth_getBlockByNumber", (block) => ({ ...(block as object), timestamp: toHex(Math.floor(slept / 1_000)) }));
    expect(await gateway.state(wallet)).toMatchObject({ stopped: { code: "CLOCK_JUMPED" } });
    witness.honest();
    expect(await gateway.state(wallet)).toMatchObject({ stopped: null });
  } finally {
    await witness[Symbol.asyncDispose]();
    await world.stop();
  }
});

test.each(["slept", "was held up"])(
  "what was judged before the machine %s for hours is not signed after it, and is judged anew when asked again",
  async (how) => {
    const { world, ...on } = await machineWorld();
    const proxy = await startRpcProxy(world.url);
    try {
      await using governed = await governedHouse({ world, ...on, endpoint: proxy.url });
      const { gateway, wallet } = governed.house.opened;
      const { lease, cycle } = await gateway.open(wallet);
      const step = { wallet, lease, cycle, step: 1 };
      proxy.meddle(async ({ method }): Promise<Fate> => {
        if (method !== "eth_simulateV1") return "forward";
        proxy.meddle(() => "forward");
        await sleepFor(6 * HOUR, world, how === "slept" ? on.clock : { sleep: () => undefined });
        return "forward";
      });
      const actions = await purchase(governed.house, "30", "0.00995");
      await expect(gateway.request({ ...step, actions })).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
      expect(await nonceOf(world)).toBe(0);
      const again = { ...step, actions: await purchase(governed.house, "30", "0.00995") };
      expect((await gateway.request(again)).kind).toBe("confirmed");
    } finally {
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    }
  },
);

test("a freeze that comes between a judgment and the clock's word that it still holds is heard before anything is signed", async () => {
  const { world, ...on } = await machineWorld();
  const proxy = await startRpcProxy(world.url);
  let [judged, freeze] = [false, (): Promise<unknown> => Promise.reject(new TypeError("there is no order yet"))];
  let frozen: Promise<unknown> | null = null;
  const clock: TimeSource = {
    ...on.clock,
    now: () => {
      if (judged) frozen ??= freeze();
      return on.clock.now();
    },
  };
  try {
    await using governed = await governedHouse({ world, ...on, clock, endpoint: proxy.url });
    const { desk, house, key } = governed;
    const order = signOrder(key, await desk.hello(), "Freeze", { why: "enough" });
    freeze = () => desk.perform("Freeze", order);
    const actions = await purchase(house, "30", "0.00995");
    proxy.meddle(({ method }) => {
      judged ||= method === "eth_simulateV1";
      return "forward";
    });
    expect(codesOf((await house.act(actions))[0])).toContain("FROZEN");
    expect(await frozen).toMatchObject({ stopped: { code: "FROZEN_BY_OPERATOR" } });
    expect(await nonceOf(world)).toBe(0);
  } finally {
    await proxy[Symbol.asyncDispose]();
    await world.stop();
  }
});
