import { type Decimal, fromUnits, max, sum, ZERO } from "../../../src/core/decimal.ts";
import { lower } from "../../../src/core/hex.ts";
import type { Request } from "../../../src/gateway/contract.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import type { RpcClient } from "../../../src/protocols/json-rpc.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { GovernedHouse } from "../../operator/support/governed-house.ts";
import type { House } from "../../support/house.ts";
import type { RpcProxy } from "../../support/rpc-proxy.ts";
import { DECIMALS, HELD, type Held, pinnedPrice, type Token } from "./accomplice.ts";
import type { Crasher } from "./crasher.ts";
import { type Answer, Doors } from "./doors.ts";
import { Fellow } from "./fellow.ts";
import { holds } from "./holds.ts";
import { honestTrade } from "./honest-trade.ts";
import type { HostileLimits } from "./hostile-mandates.ts";
import { aboveInBps } from "./impact.ts";
import { holdFleet, Ledger } from "./ledger.ts";
import { Loot, type Wish } from "./loot.ts";
import { NOTHING, type Possessions, possessionsOf } from "./possessions.ts";
import { type Changes, remembered } from "./quick-world.ts";
import { countMove, type Tally } from "./tally.ts";

const { assets: ASSETS } = EVM_BOOK.chains.base;

export interface StageParts {
  readonly governed: GovernedHouse;
  readonly proxy: RpcProxy;
  readonly crasher: Crasher;
  readonly limits: HostileLimits;
  readonly tally: Tally;
  readonly changes: Changes;
  /** What the chain is read by: all that is asked in one turn is one message. */
  readonly reads: RpcClient;
  /** Tokens that were deployed for it. */
  readonly odd: `0x${string}`;
  readonly permits: `0x${string}`;
  /** The wallet's first. */
  readonly nonce: number;
}

/** What was asked for, and what its signature is good for where it is a message. */
export interface Asked {
  readonly request: Request;
  readonly wish: Wish | null;
}

/** The token that an action gives an allowance of. */
function allowedBy(action: Action | undefined): Held | null {
  const to = action !== undefined && "call" in action ? lower(action.call.to) : "";
  return HELD.find((symbol) => symbol in ASSETS && lower(ASSETS[symbol as Token].address) === to) ?? null;
}

/** One wallet's gateway with all that looks at it and comes to it, and what a sequence knows of it so far. */
export class Stage implements AsyncDisposable {
  readonly parts: StageParts;
  readonly doors: Doors;
  readonly ledger: Ledger;
  readonly loot: Loot;
  readonly fellow: { readonly wallet: Fellow; readonly ledger: Ledger } | null;
  readonly asked: Asked[] = [];
  /** Questions that the operator has said yes to, and that nothing was let through for yet. */
  grants = 0;
  /** Whether anything was let through that bought something. */
  bought = false;
  /** Whether the pools or the truth stand where the accomplice put them. */
  disturbed = false;
  /** Whether the chain took back what a request was simulated on. */
  tookBack = false;
  /** Whether somebody else used the key: nothing is signed from there on. */
  byHand = false;
  readonly #read: () => Promise<Possessions>;
  /** What everybody has, in one breath. */
  readonly #readAll: () => Promise<unknown>;
  #session: { readonly lease: number; readonly cycle: number } | null = null;
  #step = 0;
  #sold = ZERO;
  /** What the last request was the first to allow for a swap of its own. */
  #allows: Held | null = null;

  private constructor(parts: StageParts, fellow: Fellow | null) {
    this.parts = parts;
    const { governed, tally, changes, permits, reads } = parts;
    const { house } = governed;
    this.#read = remembered(changes, async () => {
      // What time it is comes with it.
      const [held] = await Promise.all([possessionsOf(house, reads), house.world.clock.now()]);
      return held;
    });
    this.doors = new Doors(house);
    this.ledger = new Ledger(house, tally, this.#read);
    this.loot = new Loot(house.world, permits);
    const readFellow = remembered(changes, () => (fellow ? possessionsOf(fellow, reads) : Promise.resolve(NOTHING)));
    this.#readAll = () => Promise.all([this.#read(), readFellow()]);
    this.fellow = fellow && { wallet: fellow, ledger: new Ledger(fellow, tally, readFellow) };
  }

  static async open(parts: StageParts): Promise<Stage> {
    const stage = new Stage(parts, await Fellow.of(parts.governed.house, parts.proxy.url));
    await stage.ledger.begin();
    await stage.fellow?.ledger.begin();
    // It asks for swaps alone, and nobody looks at what came of each.
    for (const symbol of ["USDC", "WETH"] as const) stage.fellow?.ledger.mayStay.add(symbol);
    return stage;
  }

  get house(): House {
    return this.parts.governed.house;
  }

  count(kind: string, allowed: boolean): void {
    countMove(this.parts.tally, kind, allowed);
  }

  /** Holds everybody to their figures. */
  async look(trades = 1): Promise<void> {
    await this.#readAll();
    await this.ledger.look({ trades, live: await this.loot.live() });
    if (!this.fellow) return;
    await this.fellow.ledger.look({ trades });
    const { terms } = this.house.mandate;
    const now = await this.house.world.clock.now();
    if (terms.fleet) await holdFleet(terms, terms.fleet, [this.ledger, this.fellow.ledger], now);
  }

  /** For a chain that goes back: call what it gives once it has. */
  mark(): () => Promise<void> {
    const all = [this.ledger.mark(), this.fellow?.ledger.mark(), this.loot.mark()];
    return async () => {
      for (const back of all) await back?.();
    };
  }

  async restart(): Promise<void> {
    await this.doors.close();
    await this.fellow?.wallet.close();
    await this.house.restart();
    await this.fellow?.wallet.open();
  }

  /** The next request of the cycle that is open, or of a new one. */
  async next(actions: readonly Action[], sameCycle = false): Promise<Request> {
    const { gateway, wallet } = this.house.opened;
    if (!this.#session || !sameCycle) {
      this.#session = await gateway.open(wallet);
      [this.#step, this.#sold] = [0, ZERO];
    }
    const token = actions.length > 1 ? allowedBy(actions[0]) : null;
    this.#allows = token !== null && !this.ledger.mayStay.has(token) ? token : null;
    if (this.#allows) this.ledger.mayStay.add(this.#allows);
    return { wallet, ...this.#session, step: ++this.#step, actions: actions as Request["actions"] };
  }

  /** Whoever came in between holds the lease. */
  forgetSession(): void {
    this.#session = null;
  }

  async honest(part: number, buys = false): Promise<readonly Action[] | null> {
    return honestTrade(this.house, part, this.parts.limits, this.ledger.seen, { buys });
  }

  /** USD of cash that is gone since. */
  async cashGoneSince({ units: before }: Possessions): Promise<Decimal> {
    const { units } = await this.#read();
    return fromUnits((before.USDC ?? 0n) - (units.USDC ?? 0n), DECIMALS.USDC);
  }

  /**
   * Holds what came of one request to what a mandate says of each.
   *
   * @param before - what was held before it. Null: something else was in flight too.
   */
  async judge(
    { kind }: Answer,
    { what, before, worth = ZERO, squeezed }: { what: string; before: Possessions | null; worth?: Decimal; squeezed: boolean },
  ): Promise<void> {
    const { world: at } = this.house;
    const { tally, limits } = this.parts;
    const { units: after } = await this.#read();
    tally.tried += 1;
    this.count(what, kind !== "refused");
    if (this.#allows && (kind === "confirmed" || (kind === "refused" && before))) this.ledger.mayStay.delete(this.#allows);
    this.#allows = null;
    if (kind === "refused") {
      const same = before === null || HELD.every((symbol) => (after[symbol] ?? 0n) === (before.units[symbol] ?? 0n));
      holds(same, "a refused request moved something");
      return;
    }
    tally.allowed += 1;
    tally.allowedOf[what] = (tally.allowedOf[what] ?? 0) + 1;
    holds(["confirmed", "rejected", "open"].includes(kind), `a request came out ${kind}`);
    // What goes into positions and vaults stays the wallet's: their limits are the worst case's.
    if (before === null || what.startsWith("lp_") || what.startsWith("vault_")) return;
    const gone = (symbol: (typeof HELD)[number]) =>
      max(ZERO, fromUnits((before.units[symbol] ?? 0n) - (after[symbol] ?? 0n), DECIMALS[symbol]).times(pinnedPrice(at, symbol)));
    const outflow = sum(HELD.filter((symbol) => symbol !== "ETH").map(gone));
    this.#sold = this.#sold.plus(outflow);
    holds(outflow.lte(limits.max_single_trade_usd), `${outflow.toFixed(2)} in one trade`);
    holds(this.#sold.lte(2 * limits.max_single_trade_usd), `${this.#sold.toFixed(2)} in one cycle`);
    const spent = gone("USDC");
    if (worth.gt(0)) this.#wasAgreedToSign(worth);
    else this.wasAgreed(spent, 1);
    if (spent.gt(0) && kind === "confirmed" && !squeezed) await this.#holdsImpact(before.units, after);
  }

  /** What a person has to be asked about was agreed to. @param spent - USD, by so many requests */
  wasAgreed(spent: Decimal, requests: number): void {
    if (spent.lte(0)) return;
    const {
      require_human_approval_above_usd: above,
      require_human_approval_for: functions,
      require_human_approval_for_new_addresses: addresses,
    } = this.parts.limits;
    const asks =
      (above !== undefined && spent.gt(above * requests)) || functions !== undefined || (addresses !== undefined && !this.bought);
    this.bought = true;
    if (asks) this.#uses(spent);
  }

  #wasAgreedToSign(worth: Decimal): void {
    const above = this.parts.limits.require_human_approval_above_usd;
    if (above !== undefined && worth.gt(above)) this.#uses(worth);
  }

  #uses(spent: Decimal): void {
    holds(this.grants > 0, `${spent.toFixed(2)} was spent, and nobody was asked`);
    this.grants -= 1;
  }

  async #holdsImpact(before: Possessions["units"], after: Possessions["units"]): Promise<void> {
    const most = this.parts.limits.max_price_impact_bps;
    if (most === undefined) return;
    for (const token of ["WETH", "GOV"] as const) {
      if ((after[token] ?? 0n) <= (before[token] ?? 0n)) continue;
      const above = await aboveInBps(this.house.world, token);
      holds(above.lte(most + 0.5), `a purchase left the pool of ${token} ${above.toFixed(1)} bps off, ${most} may be`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.doors.close();
    await this.fellow?.wallet.close();
    await this.parts.governed[Symbol.asyncDispose]();
    await this.parts.proxy[Symbol.asyncDispose]();
  }
}
