import { expect, test } from "vitest";
import { HOUR } from "../../src/core/clock.ts";
import { fromUnits, sum } from "../../src/core/decimal.ts";
import type { GatewayClient } from "../../src/gateway/client.ts";
import type { Request } from "../../src/gateway/contract.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { governedHouse, purchase, sale } from "../operator/support/governed-house.ts";
import { evmAction, type House } from "../support/house.ts";
import { balancesOf, codesOf, STRANGER, standingOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { openServed } from "./support/served.ts";

const LIMITS = {
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};
const { USDC } = EVM_BOOK.chains.base.assets;
const theft = (i: number) => evmAction(encodeApprove(USDC.address, STRANGER, 10n ** 30n + BigInt(i)));

interface Session {
  readonly client: GatewayClient;
  readonly wallet: string;
  readonly lease: number;
  readonly cycle: number;
}

function asked({ wallet, lease, cycle }: Session, step: number, actions: readonly Action[]): Request {
  return { wallet, lease, cycle, step, actions: actions as Request["actions"] };
}

/** Does it until the gateway has had enough, and says how often that was. */
async function untilLimited(work: (i: number) => Promise<unknown>, most: number): Promise<number> {
  for (let i = 0; i < most; i += 1) {
    try {
      await work(i);
    } catch (error) {
      expect(error).toMatchObject({ code: "RATE_LIMITED" });
      return i;
    }
  }
  throw new TypeError(`${most} were let through`);
}

async function kinds(house: House, after: number): Promise<Readonly<Record<string, number>>> {
  const counted: Record<string, number> = {};
  const { stream, wallet } = house.opened;
  for await (const { kind } of stream.journal.read(wallet, after)) counted[kind] = (counted[kind] ?? 0) + 1;
  return counted;
}

test("after every quota is spent over the socket the journal has hardly grown, and both agent and operator still get out", async () => {
  await using governed = await governedHouse({ limits: LIMITS, funds: { ETH: "1", WETH: "0.4", USDC: "100" } });
  const { house, operator } = governed;
  await using served = await openServed({ house });
  const { local: client, wallet } = served;
  const before = house.opened.stream.state.seq;

  expect(await untilLimited(() => client.open(wallet), 200)).toBe(120);
  const { lease, cycle } = await client.state(wallet);
  const session = { client, wallet, lease, cycle };
  const denied = await untilLimited((i) => client.request(asked(session, i + 1, [theft(i)])), 300);
  expect(denied).toBe(240);
  const notes = [{ kind: "noise", text: "n".repeat(1024 * 1024) }];
  expect(await untilLimited(() => client.note(wallet, notes), 20)).toBe(7);
  expect(await untilLimited(() => client.prices(wallet), 300)).toBe(240);
  expect(await kinds(house, before)).toEqual({ opened: 120, judged: 60, noted: 7 });

  // A purchase that would be allowed is not heard any more; a sale is.
  const { seq } = house.opened.stream.state;
  await expect(client.request(asked(session, 1001, await purchase(house, "50", "0.0165")))).rejects.toMatchObject({
    code: "RATE_LIMITED",
  });
  expect(house.opened.stream.state.seq).toBe(seq);
  const flood = new AbortController();
  const flooding = Array.from({ length: 8 }, async (_, lane) => {
    for (let i = 0; !flood.signal.aborted; i += 1) {
      await client.preview(asked(session, 5000 + lane, [theft(i)])).catch(() => undefined);
    }
  });
  try {
    const sold = await client.request(asked(session, 1002, await sale(house, "0.1", "298.5")));
    expect(sold.kind).toBe("confirmed");
    expect(await untilLimited(() => client.settle(wallet), 300)).toBe(240);
    const { world } = house;
    const report = await walkHome({ house, operator });
    expect(report).toMatchObject({ home: true, left: [] });
    const held = await balancesOf(world, REHEARSAL_WALLET);
    const weth = fromUnits(held.WETH ?? 0n, 18).times(world.truePrice("WETH"));
    const cash = fromUnits(held.USDC ?? 0n, 6);
    expect(cash.gte(sum([cash, weth]).times("0.99"))).toBe(true);
  } finally {
    flood.abort();
    await Promise.all(flooding);
  }
  expect(await standingOf(house)).toMatchObject({ journalHolds: true });
});

test("denials stay counted when the gateway starts again, and are recorded anew an hour later", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house } = governed;
  const { world } = house;
  const denials = async () => (await kinds(house, 0)).judged ?? 0;
  const deny = async (count: number) => {
    for (let i = 0; i < count; i += 1) expect(codesOf((await house.act([theft(i)]))[0])).toContain("SPENDER_NOT_ALLOWED");
  };
  await deny(60);
  await house.restart();
  await deny(3);
  expect(await denials()).toBe(60);
  await world.advance((await world.clock.now()) + HOUR + 1000);
  await deny(2);
  expect(await denials()).toBe(62);
});

test("a denial that was not put on record is judged anew, and the operator's refused exits always go on record", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house, operator } = governed;
  for (let i = 0; i < 61; i += 1) await house.act([theft(i)]);
  const { wallet, gateway } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const request: Request = { wallet, lease, cycle, step: 1, actions: [theft(0)] };
  const [once, again] = [await gateway.request(request), await gateway.request(request)];
  expect(once).toMatchObject({ kind: "refused" });
  expect(codesOf(again)).toEqual(codesOf(once));
  const { seq } = house.opened.stream.state;
  expect(codesOf(await operator.exit(await purchase(house, "50", "0.0165")))).toContain("EXIT_ONLY");
  expect((await kinds(house, seq)).judged).toBe(1);
});
