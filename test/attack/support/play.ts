import { keccak256, toHex } from "viem";
import { DAY, MINUTE } from "../../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, max, min, sum, ZERO } from "../../../src/core/decimal.ts";
import { InvariantError, MandateError } from "../../../src/core/errors.ts";
import type { Address, Hex } from "../../../src/core/hex.ts";
import type { Request } from "../../../src/gateway/contract.ts";
import { FROZEN_BY_OPERATOR } from "../../../src/gateway/operator/operator-desk.ts";
import { worstCase } from "../../../src/mandate/worst-case.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import type { WorldSnapshot } from "../../../src/worlds/anvil/evm-world.ts";
import type { GovernedHouse } from "../../operator/support/governed-house.ts";
import type { House } from "../../support/house.ts";
import { isSend, type RpcProxy } from "../../support/rpc-proxy.ts";
import { nonceOf } from "../../support/standing.ts";
import { DECIMALS, HELD, lagAgainst, letGo, overcharge, pinnedPrice, squeeze, truePrice, type Victim } from "./accomplice.ts";
import { CrashedError, type Crasher } from "./crasher.ts";
import { type Answer, Doors } from "./doors.ts";
import { forge } from "./forge.ts";
import { holds } from "./holds.ts";
import { honestTrade } from "./honest-trade.ts";
import type { HostileLimits } from "./hostile-mandates.ts";
import { ACCOMPLICE, isAccomplice } from "./meddle.ts";
import type { Fate, Honest, Meddling, Move, Other, Swap } from "./moves.ts";
import { oddCall } from "./odd-calls.ts";
import { isOddTurn, ODD_TURNS, turnOdd } from "./odd-token.ts";
import { lostBetween, type Possessions, possessionsOf, worthOf } from "./possessions.ts";
import { otherRequest, swapRequest, victimOf } from "./requests.ts";
import type { Figure, Tally } from "./tally.ts";

interface Loss {
  readonly at: number;
  readonly usd: Decimal;
}

/** Where the chain stood, and what was lost until then. */
interface Mark {
  readonly to: WorldSnapshot;
  readonly losses: number;
  readonly height: bigint;
}

const SPIKE = 2_000n * 10n ** 9n;
/** Where no token is: for plays without one that turns. */
const NOBODYS: Address = `0x${"0d".repeat(20)}`;
/** What a token that takes more than it said, or shrinks by itself, is told as. */
const ODD_STOPS: readonly string[] = ["UNEXPLAINED_DECREASE", "OUT_OF_BOUNDS"];
/** Longer than what must pass between two trades, and not so long that a feed is too old. */
const PATIENCE = 12 * MINUTE;

/** One sequence against one gateway, which is held to its figures after every step. */
export class Play implements AsyncDisposable {
  readonly #governed: GovernedHouse;
  readonly #house: House;
  readonly #proxy: RpcProxy;
  readonly #crasher: Crasher;
  readonly #limits: HostileLimits;
  readonly #tally: Tally;
  readonly #doors: Doors;
  readonly #losses: Loss[] = [];
  readonly #requests: Request[] = [];
  #high = ZERO;
  #seen: Possessions = { units: {}, share: null, positions: [] };
  readonly #odd: Address;
  #lowest: Decimal;
  /** Whether a pinned token has turned: what it then takes stops the wallet, and nothing else does. */
  #turned = false;
  #session: { lease: number; cycle: number } | null = null;
  #step = 0;
  #sold = ZERO;
  /** Whether the pools or the truth stand where the accomplice put them. */
  #disturbed = false;

  constructor(
    governed: GovernedHouse,
    { proxy, crasher, odd = NOBODYS }: { readonly proxy: RpcProxy; readonly crasher: Crasher; readonly odd?: Address },
    limits: HostileLimits,
    tally: Tally,
  ) {
    this.#governed = governed;
    this.#house = governed.house;
    this.#proxy = proxy;
    this.#crasher = crasher;
    this.#odd = odd;
    this.#limits = limits;
    this.#tally = tally;
    this.#doors = new Doors(governed.house);
    this.#lowest = pinnedPrice(this.#house.world, "ETH");
  }

  async all(moves: readonly Move[]): Promise<void> {
    this.#seen = await possessionsOf(this.#house);
    for (const { sameCycle, act } of moves) {
      if ("minutes" in act) await this.#meddle(act);
      else await this.#request(act, sameCycle);
      await this.#account();
    }
    this.#proxy.meddle(() => "forward");
    await this.#boundGas();
    const { stopped } = await this.#house.opened.gateway.state(this.#house.opened.wallet);
    const known = stopped === null || stopped.code === FROZEN_BY_OPERATOR || (this.#turned && ODD_STOPS.includes(stopped.code));
    holds(known, `stopped by itself: ${stopped?.code} ${stopped?.reason}`);
    holds(this.#doors.failures.length === 0, `a door failed: ${String(this.#doors.failures[0])}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#doors.close();
  }

  async #meddle({ do: what, minutes, token, factor, which }: Meddling): Promise<void> {
    const { world: at } = this.#house;
    if (isAccomplice(what)) {
      await ACCOMPLICE[what](at);
      // A gift pays for no loss.
      this.#seen = await possessionsOf(this.#house);
      return;
    }
    if (isOddTurn(what)) {
      this.#turned = this.#limits.allowed_tokens.includes("ODD");
      await turnOdd(at, this.#odd, ODD_TURNS[what]);
      return;
    }
    switch (what) {
      case "wait":
        return at.advance((await at.clock.now()) + minutes * MINUTE);
      case "price":
        return at.setTruePrice(token, at.truePrice(token).times(factor).toDecimalPlaces(8));
      case "restart":
        return this.#restart();
      case "repeat":
        return this.#repeat(which);
      case "forge":
        return forge(this.#governed, which);
      case "odd-calls":
        return oddCall(this.#doors, which);
      case "day":
        await at.advance((await at.clock.now()) + DAY + 1_000);
        return letGo(at);
      default:
        return this.#order(what);
    }
  }

  async #restart(): Promise<void> {
    await this.#doors.close();
    await this.#house.restart();
  }

  /** What an operator does who believes every question. */
  async #order(what: "grant" | "deny" | "freeze" | "unfreeze"): Promise<void> {
    const { operator } = this.#governed;
    if (what === "freeze") await operator.freeze("to be sure");
    else if (what === "unfreeze") {
      if (this.#house.opened.stream.state.stopped) await operator.unfreeze("on it goes");
    } else {
      const open = (await operator.permits()).find(({ status }) => status === "open");
      if (open) await (what === "grant" ? operator.approve(open.id) : operator.deny(open.id));
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

  async #request(act: Swap | Other | Honest, sameCycle: boolean): Promise<void> {
    const { world: at } = this.#house;
    this.#proxy.meddle(() => "forward");
    const { gateway, wallet, stream } = this.#house.opened;
    if (stream.state.open.length > 0) {
      await gateway.settle(wallet);
      await this.#account();
    }
    let victim: Victim | null = null;
    if (act.do === "honest") {
      await letGo(at);
      if (act.patient) await at.advance((await at.clock.now()) + PATIENCE);
    } else if (act.do === "swap") {
      victim = await victimOf(at, act, this.#limits);
      if (act.lag && act.pool !== 3 && act.pool !== 4) {
        await lagAgainst(at, victim);
        this.#disturbed = true;
      }
      if (act.fate === "pushed") await this.#squeeze(victim);
      await this.#account();
    }
    if (!this.#session || !sameCycle || act.do === "honest") {
      this.#session = await gateway.open(wallet);
      [this.#step, this.#sold] = [0, ZERO];
    }
    const actions = await this.#bytesOf(act, victim);
    if (actions === null) return;
    const request: Request = { wallet, ...this.#session, step: ++this.#step, actions: actions as Request["actions"] };
    const back = act.fate === "reorged" ? await this.#mark() : null;
    await this.#ask(act, request, victim);
    if (back) await this.#reorg(back);
    if (this.#disturbed) await letGo(at);
    this.#disturbed = false;
  }

  #bytesOf(act: Swap | Other | Honest, victim: Victim | null): Promise<readonly Action[] | null> {
    if (act.do === "honest") return honestTrade(this.#house, act.part, this.#limits);
    if (victim && act.do === "swap") return swapRequest(this.#house.world, act, victim);
    return otherRequest(this.#house, act as Other, this.#limits, this.#odd);
  }

  async #ask({ door: wanted, fate, ...act }: Swap | Other | Honest, request: Request, victim: Victim | null): Promise<void> {
    const crashes = this.#crasher.arm(fate);
    const door = crashes ? "typed" : wanted;
    if (door === "json-rpc") this.#session = null;
    else this.#requests.push(request);
    this.#meet(fate, victim, request.actions.length);
    const before = this.#seen;
    // What is in flight may be settled on the way, whatever becomes of the request.
    const quiet = this.#house.opened.stream.state.open.length === 0;
    let found: Possessions | undefined;
    try {
      const answer = await this.#doors.request(door, request);
      this.#proxy.meddle(() => "forward");
      found = await possessionsOf(this.#house);
      this.#judge(answer, quiet ? before : null, found, act.do);
    } catch (error) {
      if (!(error instanceof CrashedError)) throw error;
      this.#tally.tried += 1;
      this.#proxy.meddle(() => "forward");
      await this.#restart();
    } finally {
      this.#crasher.disarm();
    }
    await this.#account(found);
  }

  async #mark(): Promise<Mark> {
    const { world } = this.#house;
    return { to: await world.snapshot(), losses: this.#losses.length, height: await this.#height() };
  }

  async #height(): Promise<bigint> {
    return BigInt((await this.#house.world.rpc("eth_blockNumber")) as Hex);
  }

  /** The chain takes back the last blocks and goes on without what was in them. */
  async #reorg({ to, losses, height }: Mark): Promise<void> {
    const { world, opened } = this.#house;
    const gone = (await this.#height()) - height;
    await world.revert(to);
    for (let i = 0n; i <= gone; i += 1n) await world.mine();
    this.#losses.length = losses;
    this.#seen = await possessionsOf(this.#house);
    await opened.gateway.settle(opened.wallet);
  }

  async #squeeze(victim: Victim): Promise<void> {
    if (!victim.amount.gt("0.001") || victim.fee === 10_000 || victim.fee === 100 || !victim.floor.gt(0)) return;
    this.#disturbed = true;
    await squeeze(this.#house.world, victim).catch(ignoreFull);
  }

  /** What the accomplice does to transactions on their way. */
  #meet(fate: Fate, victim: Victim | null, actions: number): void {
    const { world: at } = this.#house;
    let sends = 0;
    this.#proxy.meddle(async ({ method, params }) => {
      if (!isSend(method)) return "forward";
      sends += 1;
      if (fate === "dropped") return "swallow";
      if (fate === "answer-lost") return "drop-answer";
      if (fate === "spiked") await at.rpc("anvil_setNextBlockBaseFeePerGas", [toHex(SPIKE)]);
      if (fate === "squeezed" && victim && sends === actions) await this.#squeeze(victim);
      if (fate === "overcharged") await overcharge(at, params[0] as Hex);
      return "forward";
    });
  }

  #judge({ kind }: Answer, before: Possessions | null, { units: after }: Possessions, what: string): void {
    const { world: at } = this.#house;
    this.#tally.tried += 1;
    if (kind === "refused") {
      const same = before === null || HELD.every((symbol) => after[symbol] === before.units[symbol]);
      holds(same, "a refused request moved something");
      return;
    }
    this.#tally.allowed += 1;
    this.#tally.allowedOf[what] = (this.#tally.allowedOf[what] ?? 0) + 1;
    holds(["confirmed", "rejected", "open"].includes(kind), `a request came out ${kind}`);
    // What goes into positions and vaults stays the wallet's: their limits are the worst case's.
    if (before === null || what.startsWith("lp_") || what.startsWith("vault_")) return;
    const outflow = sum(
      HELD.filter((symbol) => symbol !== "ETH").map((symbol) =>
        max(
          ZERO,
          fromUnits((before.units[symbol] ?? 0n) - (after[symbol] ?? 0n), DECIMALS[symbol]).times(pinnedPrice(at, symbol)),
        ),
      ),
    );
    this.#sold = this.#sold.plus(outflow);
    holds(outflow.lte(this.#limits.max_single_trade_usd), `${outflow.toFixed(2)} in one trade`);
    holds(this.#sold.lte(2 * this.#limits.max_single_trade_usd), `${this.#sold.toFixed(2)} in one cycle`);
  }

  /** Holds what is gone since the last look against the printed figures. */
  async #account(found?: Possessions): Promise<void> {
    const house = this.#house;
    const { world: at, mandate } = house;
    const held = found ?? (await possessionsOf(house));
    this.#lowest = min(this.#lowest, pinnedPrice(at, "ETH"));
    this.#high = max(this.#high, worthOf(house, held, pinnedPrice), worthOf(house, held, truePrice));
    const loss = max(ZERO, lostBetween(house, this.#seen, held, truePrice));
    this.#seen = held;
    if (loss.isZero()) return;
    const now = await at.clock.now();
    this.#losses.push({ at: now, usd: loss });
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
    const rpc = rpcClient(at.url);
    const read = [...new Set(this.#proxy.sent)].map(async (bytes): Promise<readonly Loss[]> => {
      const receipt = await rpc.request<Receipt | null>("eth_getTransactionReceipt", [keccak256(bytes as Hex)]);
      if (!receipt) return [];
      const { timestamp } = await rpc.request<{ timestamp: Hex }>("eth_getBlockByNumber", [receipt.blockNumber, false]);
      const wei = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice);
      return [{ at: Number(timestamp) * 1_000, usd: fromUnits(wei, 18).times(this.#lowest) }];
    });
    const burnt = (await Promise.all(read)).flat();
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

/** A pool that stands beyond the floor already needs no push. */
function ignoreFull(error: unknown): void {
  if (!(error instanceof MandateError)) throw error;
}
