import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/core/clock.ts";
import { encodeTransfer } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction } from "../support/house.ts";
import { STRANGER } from "../support/standing.ts";
import { call, type Endpoint, openEndpoint } from "./support/endpoint.ts";

const { WETH, USDC } = EVM_BOOK.chains.base.assets;

/** Wraps a little: allowed, and a step of its own each time. */
function wrap(endpoint: Endpoint, value = 1_000n) {
  return call(endpoint, "eth_sendTransaction", {
    from: REHEARSAL_WALLET,
    to: WETH.address,
    data: "0xd0e30db0",
    value: `0x${value.toString(16)}`,
  });
}

const hash = expect.stringMatching(/^0x[0-9a-f]{64}$/);

test("a send joins the agent's cycle: neither fences the other, and steps do not meet", async () => {
  await using endpoint = await openEndpoint();
  const { house, rpc } = endpoint;
  const { wallet, stream } = house.opened;
  const { lease, cycle } = await rpc.agent.open(wallet);
  const step = (n: number) => ({
    wallet,
    lease,
    cycle,
    step: n,
    actions: [evmAction({ to: WETH.address, data: "0xd0e30db0", value: BigInt(n) })] as const,
  });
  expect((await wrap(endpoint)).result).toEqual(hash);
  expect((await rpc.agent.request(step(1))).kind).toBe("confirmed");
  expect((await wrap(endpoint)).result).toEqual(hash);
  expect((await rpc.agent.request(step(2))).kind).toBe("confirmed");
  expect(stream.state.cycle).toBe(cycle);
  expect([...stream.state.requests.values()].map(({ step }) => step)).toEqual([1_000_000, 1, 1_000_001, 2]);
});

test("sends race with an agent that opens cycle after cycle: all are served and it never loses its lease", async () => {
  await using endpoint = await openEndpoint();
  const { wallet } = endpoint.house.opened;
  const agent = async () => {
    for (let i = 0; i < 5; i += 1) {
      const { lease, cycle } = await endpoint.rpc.agent.open(wallet);
      const actions = [evmAction({ to: WETH.address, data: "0xd0e30db0", value: 5n })] as const;
      expect((await endpoint.rpc.agent.request({ wallet, lease, cycle, step: 1, actions })).kind).toBe("confirmed");
    }
  };
  const [, ...sent] = await Promise.all([agent(), ...Array.from({ length: 8 }, () => wrap(endpoint))]);
  expect(sent.map(({ result, error }) => result ?? error)).toEqual(sent.map(() => hash));
  expect(new Set(sent.map(({ result }) => result)).size).toBe(8);
});

test("without an agent a cycle is opened for the sends, and another once it is five minutes old", async () => {
  await using endpoint = await openEndpoint();
  const { house } = endpoint;
  const { stream } = house.opened;
  await wrap(endpoint);
  await wrap(endpoint);
  expect(stream.state.cycle).toBe(1);
  await house.world.clock.sleep((await house.world.clock.now()) + 5 * MINUTE + SECOND);
  await wrap(endpoint);
  expect(stream.state.cycle).toBe(2);
});

test("a cycle that somebody opened in the gateway's own process is joined too", async () => {
  await using endpoint = await openEndpoint();
  const { house } = endpoint;
  const { gateway, wallet, stream } = house.opened;
  await wrap(endpoint);
  await house.world.clock.sleep((await house.world.clock.now()) + 6 * MINUTE);
  const { lease } = await gateway.open(wallet);
  await house.world.clock.sleep((await house.world.clock.now()) + MINUTE);
  expect((await wrap(endpoint)).result).toEqual(hash);
  expect(stream.state.lease).toBe(lease);
});

test("an agent that is at work keeps its cycle, however long it takes", async () => {
  await using endpoint = await openEndpoint();
  const { house, rpc } = endpoint;
  const { wallet, stream } = house.opened;
  const { cycle } = await rpc.agent.open(wallet);
  for (let i = 0; i < 3; i += 1) {
    await house.world.clock.sleep((await house.world.clock.now()) + 4 * MINUTE);
    await rpc.agent.note(wallet, [{ kind: "thinking" }]);
    await wrap(endpoint);
  }
  expect(stream.state.cycle).toBe(cycle);
});

test("a flood of denials is answered and recorded up to sixty an hour, and what is allowed still passes", async () => {
  await using endpoint = await openEndpoint({ rates: everLater() });
  const { stream } = endpoint.house.opened;
  const steal = { from: REHEARSAL_WALLET, to: USDC.address, data: encodeTransfer(USDC.address, STRANGER, 1n).data };
  const keys = new Set<unknown>();
  for (let i = 0; i < 75; i += 1) {
    const { error } = await call(endpoint, "eth_sendTransaction", steal);
    expect(error).toMatchObject({ code: -32003, message: expect.stringContaining("RECIPIENT_NOT_ALLOWED") });
    keys.add((error?.data as { key: unknown } | undefined)?.key);
  }
  expect(stream.state.denials.filter((at) => at > stream.state.at - HOUR)).toHaveLength(60);
  expect(keys).toContain(null);
  expect((await wrap(endpoint)).result).toEqual(hash);
});

test("past sixty sends in a minute only what gets safer is sent", async () => {
  await using endpoint = await openEndpoint({ rates: { now: async () => 0 } });
  const steal = { from: REHEARSAL_WALLET, to: USDC.address, data: encodeTransfer(USDC.address, STRANGER, 1n).data };
  for (let i = 0; i < 60; i += 1) await call(endpoint, "eth_sendTransaction", steal);
  const before = endpoint.house.opened.stream.state.seq;
  expect((await call(endpoint, "eth_sendTransaction", steal)).error?.message).toContain("denied by mandate");
  expect((await wrap(endpoint)).error).toMatchObject({ code: -32005, message: expect.stringContaining("sends in a minute") });
  expect(endpoint.house.opened.stream.state.seq).toBe(before);
  const unwrap = { from: REHEARSAL_WALLET, to: WETH.address, data: `0x2e1a7d4d${(10n ** 17n).toString(16).padStart(64, "0")}` };
  expect(await call(endpoint, "eth_sendTransaction", unwrap)).toMatchObject({ result: hash });
});

/** A machine on which a minute passes between any two calls. */
function everLater() {
  let now = 0;
  return {
    now: async () => {
      now += MINUTE;
      return now;
    },
  };
}
