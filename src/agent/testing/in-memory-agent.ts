import { type Instant, ManualClock } from "../../core/clock.ts";
import { type Decimal, decimal, ratio, ZERO } from "../../core/decimal.ts";
import { hashOf } from "../../core/json.ts";
import type { Decider, Decision, Hands } from "../../deciders/decider.ts";
import type { Gateway, GatewayState, Note, Outcome, Request } from "../../gateway/contract.ts";
import { GatewayError, type GatewayErrorCode } from "../../gateway/gateway-error.ts";
import { parseSample } from "../../mandate/testing/sample-mandate.ts";
import type { Verdict, Violation } from "../../mandate/verdict.ts";
import type { PlannedSwap } from "../../planning/plan.ts";
import { planTargets } from "../../planning/plan-targets.ts";
import type { Effects } from "../../protocols/effects.ts";
import { IntentError, type LiveAllowance, type Observation, type Venue } from "../../venues/venue.ts";
import { type AgentParameters, runAgent } from "../agent.ts";
import type { AgentEvent } from "../events.ts";

export const START: Instant = Date.UTC(2026, 0, 5);
const WALLET = "wallet:0x00000000000000000000000000000000000aaaaa";
const mandate = parseSample();

export type Wish = PlannedSwap | { readonly kind: "send" } | { readonly kind: "nonsense" } | { readonly kind: "revoke" };

/** A book of two assets at fixed prices, in memory: what is requested happens at once, at plan prices. */
export class Book {
  weth = decimal("0.4");
  usdc = decimal("300");
  price = decimal(3000);
  allowances: LiveAllowance[] = [];

  apply(wish: Wish): void {
    if (wish.kind === "revoke") this.allowances = [];
    if (wish.kind !== "swap") return;
    const sells = wish.sell === "base/WETH";
    this.weth = sells ? this.weth.minus(wish.amount) : this.weth.plus(wish.amount.div(this.price));
    this.usdc = sells ? this.usdc.plus(wish.amount.times(this.price)) : this.usdc.minus(wish.amount);
  }

  venue(clock: ManualClock): Venue<Wish, Observation> {
    return {
      observe: async () => {
        const value = this.weth.times(this.price).plus(this.usdc);
        const holding = (asset: "base/WETH" | "base/USDC", amount: Decimal, price: Decimal, role: "allowed" | "numeraire") => {
          const value_usd = amount.times(price);
          return {
            account: "wallet",
            asset,
            amount,
            decimals: 18,
            price_usd: price,
            price_at: START,
            value_usd,
            weight: ratio(value_usd, value),
            role,
          };
        };
        return {
          at: await clock.now(),
          value_usd: value,
          holdings: [
            holding("base/WETH", this.weth, this.price, "allowed"),
            holding("base/USDC", this.usdc, decimal(1), "numeraire"),
          ],
          allowances: this.allowances,
          unknowns: [],
          facts: {},
        };
      },
      plan: (wish, seen, rules) => {
        if (wish.kind === "targets") {
          const held = seen.holdings.map((one) => ({
            ...one,
            beside_usd: ZERO,
            trade: "both" as const,
            market: null,
            fee_bps: decimal(5),
          }));
          return planTargets(wish.targets, held, rules);
        }
        const steps = wish.intents.map((intent) => ({
          intent,
          reason: intent.kind,
          direction: null,
          cost_usd: null,
          value_usd: null,
        }));
        return { steps, skipped: [], clipped: [], value_usd: seen.value_usd, cost_usd: ZERO, line: "as asked" };
      },
      compile: (intent) => {
        if (intent.kind === "nonsense") throw new IntentError("UNKNOWN_ASSET", "no such asset", "Name another.");
        const data = `0x${Buffer.from(JSON.stringify(intent)).toString("hex")}` as const;
        return [
          {
            rail: "evm",
            chain: "base",
            from: "wallet",
            call: { to: "0x0000000000000000000000000000000000000001", data, value: 0n },
          },
        ];
      },
      revokes: (seen) => seen.allowances.map(() => ({ kind: "revoke" })),
      readIntent: (item) => item as Wish,
    };
  }
}

const effects: Effects = {
  deltas: [],
  allowances: [],
  payments: [],
  unfloored: [],
  pools: [],
  calls: [],
  gas: [],
  deadline: null,
  unknown: [],
  before: [],
  block: null,
  evidence: "",
};

export function denied(code: Violation["code"], until?: Instant): Exclude<Verdict, { kind: "allow" }> {
  return { kind: "deny", effects, violations: [{ code, message: code, ...(until === undefined ? {} : { until }) }] };
}

/** A gateway for control flow alone: it records its calls and answers as each test says. */
export class Double implements Gateway {
  readonly calls: string[] = [];
  readonly notes: Note[] = [];
  readonly requests: Request[] = [];
  readonly open_: Outcome[] = [];
  answer: (wish: Wish) => "confirmed" | "open" | Exclude<Verdict, { kind: "allow" }> | GatewayErrorCode = () => "confirmed";
  /** Looks until a request that is open is confirmed. */
  looks = 2;
  cycle = 0;
  readonly #book: Book;
  readonly #clock: ManualClock;

  constructor(book: Book, clock: ManualClock) {
    this.#book = book;
    this.#clock = clock;
  }

  async open() {
    this.calls.push("open");
    return { lease: ++this.cycle, cycle: this.cycle };
  }

  async state(wallet: string): Promise<GatewayState> {
    const now = await this.#clock.now();
    const nothing = {
      stopped: null,
      budgets: [],
      holdings: [],
      high_water_usd: null,
      model_spent_today_usd: ZERO,
      recent: [],
      permits: [],
    };
    return { wallet, now, lease: this.cycle, cycle: this.cycle, open: [...this.open_], ...nothing };
  }

  async preview(request: Request): Promise<Verdict> {
    this.calls.push(`preview ${request.step}`);
    return denied("COOLDOWN");
  }

  async request(request: Request): Promise<Outcome> {
    this.calls.push(`request ${request.step}`);
    this.requests.push(request);
    const [action] = request.actions;
    const wish = JSON.parse("call" in action ? Buffer.from(action.call.data.slice(2), "hex").toString() : "null", revive) as Wish;
    const answer = this.answer(wish);
    const key = hashOf([request.cycle, request.step]);
    if (typeof answer === "object") return { kind: "refused", key, verdict: answer };
    if (answer !== "confirmed" && answer !== "open") throw new GatewayError(answer, answer);
    this.#book.apply(wish);
    const outcome: Outcome = { kind: answer, key, done: [], awaits: [], transactions: [], reason: null };
    if (answer === "open") this.open_.push(outcome);
    return outcome;
  }

  async settle(_wallet: string, key?: string): Promise<readonly Outcome[]> {
    this.calls.push(key === undefined ? "settle" : "look");
    const [first] = this.open_;
    if (!first || first.kind === "refused") return [];
    if (--this.looks > 0) return [first];
    this.open_.shift();
    return [{ ...first, kind: "confirmed" }];
  }

  async note(_wallet: string, notes: readonly Note[]) {
    for (const note of notes) this.calls.push(note.kind);
    this.notes.push(...notes);
  }
}

function revive(key: string, value: unknown): unknown {
  return key === "amount" || key === "floor" ? decimal(String(value)) : value;
}

export const half: Decision<Wish> = {
  kind: "targets",
  why: "half and half",
  targets: [
    { account: "wallet", asset: "base/WETH", weight: decimal("0.5") },
    { account: "wallet", asset: "base/USDC", weight: decimal("0.5") },
  ],
};
export const hold: Decision<Wish> = { kind: "hold", why: "nothing to do", code: null };
export const want = (...intents: readonly [Wish, ...Wish[]]): Decision<Wish> => ({ kind: "intents", why: "as told", intents });

/** An agent on a book, whose decider answers in turn and then repeats its last answer. */
export function setUp(...decisions: readonly [Decision<Wish>, ...Decision<Wish>[]]) {
  const clock = new ManualClock(START);
  const book = new Book();
  const gateway = new Double(book, clock);
  const events: AgentEvent<Wish>[] = [];
  let asked = 0;
  const decider: Decider<Wish, Observation> = {
    async decide(_seen, hands: Hands<Wish>) {
      const decision = decisions[Math.min(asked++, decisions.length - 1)] ?? hold;
      await hands.note([{ kind: "model-call", cost_usd: "0.01" }]);
      return decision;
    },
  };
  const run = (more: Partial<AgentParameters<Wish, Observation>> = {}) =>
    runAgent({
      mandate,
      wallet: WALLET,
      gateway,
      venue: book.venue(clock),
      decider,
      clock,
      cycles: 1,
      on: (event) => events.push(event),
      ...more,
    });
  return { clock, book, gateway, events, run, asked: () => asked };
}
