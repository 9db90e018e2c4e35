import { keccak256, toHex } from "viem";
import { DAY, MINUTE } from "../../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, max, min, sum, ZERO } from "../../../src/core/decimal.ts";
import { InvariantError, MandateError } from "../../../src/core/errors.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { Outcome, Request } from "../../../src/gateway/contract.ts";
import { worstCase } from "../../../src/mandate/worst-case.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import type { House } from "../../support/house.ts";
import { isSend, type RpcProxy } from "../../support/rpc-proxy.ts";
import { balancesOf, nonceOf } from "../../support/standing.ts";
import { DECIMALS, HELD, lagAgainst, letGo, overcharge, pinnedPrice, squeeze, truePrice, type Victim } from "./accomplice.ts";
import { lossBetween } from "./greedy.ts";
import { holds } from "./holds.ts";
import type { HostileLimits } from "./hostile-mandates.ts";
import type { Fate, Meddling, Move, Other, Swap } from "./moves.ts";
import { otherRequest, swapRequest, victimOf } from "./requests.ts";

export interface Tally {
  sequences: number;
  tried: number;
  allowed: number;
  /** Most of a printed figure that was lost, by figure. */
  readonly worst: Record<Figure, Decimal>;
}

type Figure = "per_trade" | "per_day" | "in_all";

export function newTally(): Tally {
  return { sequences: 0, tried: 0, allowed: 0, worst: { per_trade: ZERO, per_day: ZERO, in_all: ZERO } };
}

interface Loss {
  readonly at: number;
  readonly usd: Decimal;
}

const SPIKE = 2_000n * 10n ** 9n;

/** One sequence against one gateway, which is held to its figures after every step. */
export class Play {
  readonly #house: House;
  readonly #proxy: RpcProxy;
  readonly #limits: HostileLimits;
  readonly #tally: Tally;
  readonly #losses: Loss[] = [];
  readonly #requests: Request[] = [];
  #high = ZERO;
  #seen: Readonly<Record<string, bigint>> = {};
  #lowest: Decimal;
  #session: { lease: number; cycle: number } | null = null;
  #step = 0;
  #sold = ZERO;

  constructor(house: House, proxy: RpcProxy, limits: HostileLimits, tally: Tally) {
    this.#house = house;
    this.#proxy = proxy;
    this.#limits = limits;
    this.#tally = tally;
    this.#lowest = pinnedPrice(house.world, "ETH");
  }

  async all(moves: readonly Move[]): Promise<void> {
    this.#tally.sequences += 1;
    this.#seen = await balancesOf(this.#house.world, REHEARSAL_WALLET);
    for (const { sameCycle, act } of moves) {
      if ("minutes" in act) await this.#meddle(act);
      else await this.#request(act, sameCycle);
      await this.#account();
    }
    this.#proxy.meddle(() => "forward");
    await this.#boundGas();
  }

  async #meddle({ do: what, minutes, token, factor, which }: Meddling): Promise<void> {
    const { world: at } = this.#house;
    const now = await at.clock.now();
    if (what === "wait") await at.advance(now + minutes * MINUTE);
    else if (what === "price") await at.setTruePrice(token, at.truePrice(token).times(factor).toDecimalPlaces(8));
    else if (what === "restart") await this.#house.restart();
    else if (what === "repeat") await this.#repeat(which);
    else {
      await at.advance(now + DAY + 1_000);
      await letGo(at);
    }
  }

  /** What was asked before and is over brings nothing about. */
  async #repeat(which: number): Promise<void> {
    const old = this.#requests[which % Math.max(1, this.#requests.length)];
    if (!old) return;
    const { gateway } = this.#house.opened;
    const nonce = await nonceOf(this.#house.world);
    try {
      await gateway.request(old);
    } catch (error) {
      if (!(error instanceof MandateError)) throw error;
      holds(["LEASE_LOST", "KEY_REUSED"].includes(error.code), `a request of before met ${error.code}`);
    }
    holds((await nonceOf(this.#house.world)) === nonce, "a request of before was signed again");
  }

  async #request(act: Swap | Other, sameCycle: boolean): Promise<void> {
    const { world: at, opened } = this.#house;
    const { gateway, wallet } = opened;
    let victim: Victim | null = null;
    if (act.do === "swap") {
      victim = await victimOf(at, act, this.#limits);
      if (act.lag && act.pool !== 3 && act.pool !== 4) await lagAgainst(at, victim);
    }
    this.#proxy.meddle(() => "forward");
    await gateway.settle(wallet);
    await this.#account();
    if (!this.#session || !sameCycle) {
      this.#session = await gateway.open(wallet);
      [this.#step, this.#sold] = [0, ZERO];
    }
    const actions = victim && act.do === "swap" ? await swapRequest(at, act, victim) : await otherRequest(at, act as Other);
    const request: Request = { wallet, ...this.#session, step: ++this.#step, actions: actions as Request["actions"] };
    this.#requests.push(request);
    this.#meet(act.fate, victim, actions.length);
    const before = await balancesOf(at, REHEARSAL_WALLET);
    const outcome = await gateway.request(request);
    this.#proxy.meddle(() => "forward");
    await this.#judge(outcome, before);
    await this.#account();
    await letGo(at);
  }

  /** What the accomplice does to transactions on their way. */
  #meet(fate: Fate, victim: Victim | null, actions: number): void {
    const { world: at } = this.#house;
    const squeezes = victim?.amount.gt("0.001") && victim.fee !== 10_000 && victim.fee !== 100 && victim.floor.gt(0);
    let sends = 0;
    this.#proxy.meddle(async ({ method, params }) => {
      if (!isSend(method)) return "forward";
      sends += 1;
      if (fate === "dropped") return "swallow";
      if (fate === "answer-lost") return "drop-answer";
      if (fate === "spiked") await at.rpc("anvil_setNextBlockBaseFeePerGas", [toHex(SPIKE)]);
      if (fate === "squeezed" && squeezes && victim && sends === actions) await squeeze(at, victim).catch(ignoreFull);
      if (fate === "overcharged") await overcharge(at, params[0] as Hex);
      return "forward";
    });
  }

  async #judge(outcome: Outcome, before: Readonly<Record<string, bigint>>): Promise<void> {
    const { world: at } = this.#house;
    this.#tally.tried += 1;
    const after = await balancesOf(at, REHEARSAL_WALLET);
    if (outcome.kind === "refused") {
      holds(
        HELD.every((symbol) => after[symbol] === before[symbol]),
        "a refused request moved something",
      );
      return;
    }
    this.#tally.allowed += 1;
    holds(["confirmed", "rejected", "open"].includes(outcome.kind), `a request came out ${outcome.kind}`);
    const outflow = sum(
      HELD.filter((symbol) => symbol !== "ETH").map((symbol) =>
        max(ZERO, fromUnits((before[symbol] ?? 0n) - (after[symbol] ?? 0n), DECIMALS[symbol]).times(pinnedPrice(at, symbol))),
      ),
    );
    this.#sold = this.#sold.plus(outflow);
    holds(outflow.lte(this.#limits.max_single_trade_usd), `${outflow.toFixed(2)} in one trade`);
    holds(this.#sold.lte(2 * this.#limits.max_single_trade_usd), `${this.#sold.toFixed(2)} in one cycle`);
  }

  /** Holds what is gone since the last look against the printed figures. */
  async #account(): Promise<void> {
    const { world: at, mandate } = this.#house;
    const now = await at.clock.now();
    const held = await balancesOf(at, REHEARSAL_WALLET);
    this.#lowest = min(this.#lowest, pinnedPrice(at, "ETH"));
    this.#high = max(this.#high, worth(at, held, pinnedPrice), worth(at, held, truePrice));
    const loss = max(ZERO, lossBetween(at, this.#seen, held));
    this.#seen = held;
    if (loss.gt(0)) this.#losses.push({ at: now, usd: loss });
    const printed = worstCase(mandate.terms, { value_usd: this.#high });
    const day = sum(this.#losses.filter((one) => one.at > now - DAY).map(({ usd }) => usd));
    this.#hold("per_trade", loss, printed.per_trade.total_usd);
    this.#hold("per_day", day, printed.per_day.total_usd);
    this.#hold("in_all", sum(this.#losses.map(({ usd }) => usd)), printed.in_all.total_usd);
  }

  #hold(figure: Figure, lost: Decimal, printed: Decimal | "unbounded"): void {
    if (printed === "unbounded") throw new InvariantError("every limit that a worst case needs is a number");
    holds(lost.lte(printed), `${figure}: lost ${lost.toFixed(2)}, printed ${printed.toFixed(2)}`);
    this.#tally.worst[figure] = max(this.#tally.worst[figure], lost.div(printed));
  }

  /** Whatever was mined of what the gateway sent burnt no more in any day than both pots hold. */
  async #boundGas(): Promise<void> {
    const { world: at } = this.#house;
    const burnt: Loss[] = [];
    for (const bytes of new Set(this.#proxy.sent)) {
      const receipt = (await at.rpc("eth_getTransactionReceipt", [keccak256(bytes as Hex)])) as Receipt | null;
      if (!receipt) continue;
      const { timestamp } = (await at.rpc("eth_getBlockByNumber", [receipt.blockNumber, false])) as { timestamp: Hex };
      const wei = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice);
      burnt.push({ at: Number(timestamp) * 1_000, usd: fromUnits(wei, 18).times(this.#lowest) });
    }
    const pots = decimal(this.#limits.max_gas_usd_per_day).plus(this.#limits.exit_gas_usd_per_day);
    for (const { at: end } of burnt) {
      const day = sum(burnt.filter((one) => one.at <= end && one.at > end - DAY).map(({ usd }) => usd));
      holds(day.lte(pots), `gas of a day: ${day.toFixed(4)} of ${pots.toFixed(2)}`);
    }
  }
}

interface Receipt {
  readonly gasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly blockNumber: Hex;
}

function worth(
  at: EvmWorld,
  held: Readonly<Record<string, bigint>>,
  price: (at: EvmWorld, symbol: (typeof HELD)[number]) => Decimal,
) {
  return sum(HELD.map((symbol) => fromUnits(held[symbol] ?? 0n, DECIMALS[symbol]).times(price(at, symbol))));
}

/** A pool that stands beyond the floor already needs no push. */
function ignoreFull(error: unknown): void {
  if (!(error instanceof MandateError)) throw error;
}
