import { DAY, MINUTE, SECOND } from "../../../src/core/clock.ts";
import { ZERO } from "../../../src/core/decimal.ts";
import { MandateError } from "../../../src/core/errors.ts";
import type { Request } from "../../../src/gateway/contract.ts";
import { FROZEN_BY_OPERATOR } from "../../../src/gateway/operator/operator-desk.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import type { House } from "../../support/house.ts";
import { nonceOf } from "../../support/standing.ts";
import { lagAgainst, letGo, letGoLate, type Victim } from "./accomplice.ts";
import { CrashedError } from "./crasher.ts";
import { forge } from "./forge.ts";
import { holds } from "./holds.ts";
import type { Wish } from "./loot.ts";
import { ACCOMPLICE, BETWEEN, isAccomplice } from "./meddle.ts";
import { type Between, type Meddling, type Move, type Other, type Together, WHOLE_TRADE } from "./moves.ts";
import { oddCall } from "./odd-calls.ts";
import { isOddTurn, ODD_TURNS, turnOdd } from "./odd-token.ts";
import { goBack, help, type Mark, makeDear, markOf, meet, squeezeFor } from "./on-the-way.ts";
import { otherRequest, swapRequest, victimOf } from "./requests.ts";
import { type Asks, type Drain, SCHEMES, type Single } from "./schemes.ts";
import { holdSent } from "./sent.ts";
import type { Stage } from "./stage.ts";
import { asked, fellowTrades, PATIENCE, race, strangerSigns } from "./together.ts";

/** What a request is made of, beside its actions. */
interface Made {
  readonly actions: readonly Action[];
  readonly victim: Victim | null;
  readonly wish: Wish | null;
}

/** What a token that takes more than it said, or shrinks by itself, is told as. */
const ODD_STOPS: readonly string[] = ["UNEXPLAINED_DECREASE", "OUT_OF_BOUNDS"];
/**
 * What a chain is told as that takes back what others gave, or puts two requests that it took back into one block, where what
 * each of them did cannot be told apart.
 */
const REORG_STOPS: readonly string[] = ["UNEXPLAINED_DECREASE", "OUT_OF_BOUNDS"];

/** One sequence against one gateway, which is held to its figures after every step. */
export class Play {
  readonly #stage: Stage;
  /** Whether a pinned token has turned: what it then takes stops the wallet, and nothing else does. */
  #turned = false;
  /** Before the request before. */
  #root: Mark | null = null;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async all(moves: readonly Move[]): Promise<void> {
    const { doors, parts, house } = this.#stage;
    for (const [i, { sameCycle, act, between }] of moves.entries()) {
      if (i > 0) await this.#between(between);
      const next = moves[i + 1]?.act;
      const rootFor = next !== undefined && "fate" in next && next.fate === "uprooted";
      await this.#step(act, sameCycle, rootFor);
      if (this.#stage.byHand) break;
      await this.#stage.look();
    }
    parts.proxy.rest();
    await holdSent(this.#stage);
    const { stopped } = await house.opened.gateway.state(house.opened.wallet);
    const turned = this.#turned && stopped !== null && ODD_STOPS.includes(stopped.code);
    const lacks = this.#stage.tookBack && stopped !== null && REORG_STOPS.includes(stopped.code);
    const known = stopped === null || lacks || stopped.code === FROZEN_BY_OPERATOR || turned || this.#stage.byHand;
    holds(known, `stopped by itself: ${stopped?.code} ${stopped?.reason}`);
    holds(doors.failures.length === 0, `a door failed: ${String(doors.failures[0])}`);
  }

  get #world(): EvmWorld {
    return this.#stage.house.world;
  }

  get #house(): House {
    return this.#stage.house;
  }

  /** What an accomplice does between two steps. */
  async #between({ does, which, percent }: Between): Promise<void> {
    const { loot, ledger } = this.#stage;
    const kind = does === "loot" && loot.size === 0 ? "sweep" : does;
    if (kind === "loot") {
      const paid = await loot.use(which, percent);
      this.#stage.count("between:loot", paid !== null);
      if (paid) ledger.alsoSpent(paid, await this.#world.clock.now());
      return this.#stage.look();
    }
    await BETWEEN[kind](this.#world, which);
    this.#stage.count(`between:${kind}`, true);
    if (kind === "push") this.#stage.disturbed = true;
    // A gift pays for no loss.
    if (kind === "gift") await ledger.begin();
  }

  async #step(act: Move["act"], sameCycle: boolean, rootFor: boolean): Promise<void> {
    if ("minutes" in act) {
      this.#root = null;
      return this.#meddle(act);
    }
    if (act.do === "race") return this.#together(() => race(this.#stage, act.racers));
    if ("worse" in act) return this.#together(() => this.#several(act));
    for (let i = 0; i < (act.do === "sign" ? act.times : 1); i += 1) {
      if (!(await this.#single(act, sameCycle, rootFor))) return;
      await this.#stage.look();
    }
  }

  async #together(work: () => Promise<void>): Promise<void> {
    this.#root = null;
    await work();
    await this.#calmDown();
    this.#stage.forgetSession();
  }

  async #several({ do: what, part, worse }: Exclude<Together, { do: "race" }>): Promise<void> {
    if (what === "asked") return asked(this.#stage, { part, worse });
    if (what === "by-hand") return strangerSigns(this.#stage);
    if (what === "drain" || what === "hoard" || what === "promise") {
      const asks: Asks = (request, drain) => this.#single(request, false, false, drain);
      return SCHEMES[what](this.#stage, { asks, part, between: (does) => this.#between(does) });
    }
    const outcome = await fellowTrades(this.#stage, part);
    if (outcome) this.#stage.count("fellow", outcome.kind !== "refused");
  }

  async #meddle({ do: what, minutes, token, factor, which }: Meddling): Promise<void> {
    const at = this.#world;
    if (isAccomplice(what)) {
      this.#stage.count(what, true);
      await ACCOMPLICE[what](at);
      return;
    }
    if (isOddTurn(what)) {
      const { limits, odd } = this.#stage.parts;
      this.#turned = limits.allowed_tokens.includes("ODD");
      this.#stage.count(what, this.#turned);
      await turnOdd(at, odd, ODD_TURNS[what]);
      return;
    }
    switch (what) {
      case "repeat":
        return this.#repeat(which);
      case "grant":
      case "deny":
      case "freeze":
      case "unfreeze":
        return this.#order(what);
      case "forge":
        await forge(this.#stage.parts.governed, which);
        return this.#stage.count(what, false);
      case "odd-calls":
        await oddCall(this.#stage.doors, which);
        return this.#stage.count(what, false);
    }
    this.#stage.count(what, true);
    if (what === "restart") return this.#stage.restart();
    if (what === "wait") return at.advance((await at.clock.now()) + minutes * MINUTE);
    if (what === "price") return at.setTruePrice(token, at.truePrice(token).times(factor).toDecimalPlaces(8));
    await at.advance((await at.clock.now()) + DAY + SECOND);
    return letGo(at);
  }

  /** What an operator does who believes every question. */
  async #order(what: "grant" | "deny" | "freeze" | "unfreeze"): Promise<void> {
    const { operator } = this.#stage.parts.governed;
    const { stopped } = this.#house.opened.stream.state;
    if (what === "freeze") await operator.freeze("to be sure");
    else if (what === "unfreeze") {
      if (stopped) await operator.unfreeze("on it goes");
    } else {
      const open = (await operator.permits()).find(({ status }) => status === "open");
      this.#stage.count(what, open !== undefined);
      if (!open) return;
      await (what === "grant" ? operator.approve(open.id) : operator.deny(open.id));
      if (what === "grant") this.#stage.grants += 1;
      return;
    }
    this.#stage.count(what, what === "freeze" || stopped !== null);
  }

  /** What was asked before and is over brings nothing about. */
  async #repeat(which: number): Promise<void> {
    const { asked: old } = this.#stage;
    const one = old[which % Math.max(1, old.length)];
    if (!one) return;
    const { gateway } = this.#house.opened;
    const nonce = await nonceOf(this.#world);
    let known = false;
    try {
      const outcome = await gateway.request(one.request);
      known = true;
      if (one.wish && outcome.kind === "open" && outcome.signature !== undefined)
        this.#stage.loot.add(one.wish, outcome.signature);
    } catch (error) {
      if (!(error instanceof MandateError)) throw error;
      holds(["LEASE_LOST", "KEY_REUSED"].includes(error.code), `a request of before met ${error.code}`);
    }
    this.#stage.count("repeat", known);
    holds((await nonceOf(this.#world)) === nonce, "a request of before was signed again");
  }

  /** Whether anything was let through. */
  async #single(act: Single, sameCycle: boolean, rootFor: boolean, drain?: Drain): Promise<boolean> {
    const { proxy } = this.#stage.parts;
    proxy.rest();
    const { gateway, wallet, stream } = this.#house.opened;
    if (stream.state.open.length > 0) {
      await gateway.settle(wallet);
      await this.#stage.look();
    }
    const rewinds = act.fate === "rewound" || act.fate === "uprooted";
    const root = act.fate === "uprooted" ? this.#root : null;
    this.#root = null;
    const back = rewinds && !root ? await markOf(this.#stage) : root;
    // What it is simulated on and will not be there.
    if (rewinds) await help(this.#stage);
    const victim = await this.#prepare(act);
    const made = await this.#make(act, victim);
    if (!made) return false;
    const request = await this.#stage.next(made.actions, sameCycle && act.do !== "honest");
    const before = act.fate === "reorged" ? await markOf(this.#stage) : null;
    if (rootFor) this.#root = await markOf(this.#stage);
    if (act.fate === "dear") await makeDear(this.#stage, act.do === "swap" ? act.usd / WHOLE_TRADE : 0.8, drain?.gas);
    const allowed = await this.#ask(act, { ...made, request, back, deep: root !== null }, drain?.kind);
    if (before) {
      await goBack(this.#stage, before);
      await gateway.settle(wallet);
    }
    await this.#calmDown();
    return allowed;
  }

  async #calmDown(): Promise<void> {
    if (this.#stage.disturbed) await letGo(this.#world);
    this.#stage.disturbed = false;
  }

  /** The world as the request finds it. */
  async #prepare(act: Single): Promise<Victim | null> {
    const at = this.#world;
    if (act.do === "honest") {
      await (act.patient ? letGoLate(at, PATIENCE) : letGo(at));
      this.#stage.disturbed = false;
    }
    if (act.do !== "swap") return null;
    const victim = await victimOf(at, act, this.#stage.parts.limits, this.#stage.ledger.seen);
    if (act.lag && act.pool !== 3 && act.pool !== 4) {
      await lagAgainst(at, victim);
      this.#stage.disturbed = true;
    }
    if (act.fate === "pushed") await squeezeFor(this.#stage, victim);
    await this.#stage.look();
    return victim;
  }

  async #make(act: Single, victim: Victim | null): Promise<Made | null> {
    const { limits, odd } = this.#stage.parts;
    if (act.do === "sign") {
      const wish = await this.#stage.loot.wish(act, limits.max_single_trade_usd);
      return { actions: [wish.action], victim, wish };
    }
    const actions =
      act.do === "honest"
        ? await this.#stage.honest(act.part)
        : act.do === "swap" && victim
          ? await swapRequest(this.#world, act, victim)
          : await otherRequest(this.#house, act as Other, { limits, odd, held: this.#stage.ledger.seen });
    return actions && { actions, victim, wish: null };
  }

  async #ask(
    act: Single,
    { request, wish, victim, back, deep }: Made & { request: Request; back: Mark | null; deep: boolean },
    kind?: string,
  ): Promise<boolean> {
    const { parts, asked: all, doors, ledger, loot } = this.#stage;
    const crashes = parts.crasher.arm(act.fate);
    const door = crashes || deep ? "typed" : act.door;
    if (door === "json-rpc") this.#stage.forgetSession();
    else all.push({ request, wish });
    meet(this.#stage, act.fate, { victim, actions: request.actions.length, back, deep });
    // What is in flight may be settled on the way, whatever becomes of the request; and a chain that goes back gives things back.
    const quiet = this.#house.opened.stream.state.open.length === 0 && back === null;
    const before = quiet ? ledger.seen : null;
    const what = kind ?? (act.do === "sign" ? act.type : act.do);
    let allowed = false;
    try {
      const answer = await doors.request(door, request);
      parts.proxy.rest();
      allowed = answer.kind !== "refused";
      if (wish && answer.signature !== undefined) loot.add(wish, answer.signature);
      const worth = wish && allowed ? loot.worth(wish) : ZERO;
      const squeezed = act.fate === "squeezed" || act.fate === "spiked";
      await this.#stage.judge(answer, { what, before, worth, squeezed });
    } catch (error) {
      if (!(error instanceof CrashedError)) throw error;
      parts.tally.tried += 1;
      allowed = true;
      parts.proxy.rest();
      await this.#stage.restart();
    } finally {
      parts.crasher.disarm();
    }
    this.#stage.count(`fate:${deep ? "uprooted" : act.fate === "uprooted" ? "rewound" : act.fate}`, allowed);
    this.#stage.count(`door:${door}`, allowed);
    await this.#stage.look();
    return allowed;
  }
}
