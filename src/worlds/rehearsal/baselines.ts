import { type Clock, type Instant, ManualClock } from "../../core/clock.ts";
import { type Decimal, ONE, ZERO } from "../../core/decimal.ts";
import { InvariantError } from "../../core/errors.ts";
import { type Address, lower } from "../../core/hex.ts";
import { sha256 } from "../../core/json.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { PlanRules } from "../../planning/plan.ts";
import { planRules, type Traded } from "../../planning/plan-rules.ts";
import type { Target, Targets } from "../../planning/targets.ts";
import { type Action, assetId } from "../../protocols/effects.ts";
import { type InfoClient, infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { hyperliquidVenue } from "../../venues/hyperliquid/hyperliquid-venue.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../venues/hyperliquid/observation.ts";
import { cashOf, type HyperliquidScope } from "../../venues/hyperliquid/scope.ts";
import { IntentError } from "../../venues/venue.ts";
import { type OpenedMarket, type OpenMarketOptions, openMarket } from "../paper-exchange/open-market.ts";
import { answerInfo } from "../paper-exchange/server/answer-info.ts";
import { ApiWallets } from "../paper-exchange/server/api-wallets.ts";
import { EquityHistory } from "../paper-exchange/server/equity-history.ts";
import { AddressQuotas, VENUE_RATE_LIMITS } from "../paper-exchange/server/rate-limits.ts";
import { readQuestion } from "../paper-exchange/server/read-question.ts";
import { type AccountFigures, AccountTally } from "./account-tally.ts";
import { fundAccount, type PaperFunds } from "./fund-account.ts";

/** One way to have run the same money, and what came of it. */
export interface Baseline {
  readonly name: "buy-and-hold" | "equal-weight" | "without a model";
  /** What was done, in a sentence. */
  readonly means: string;
  /** The account's value in USD at each of the instants. */
  readonly values: readonly Decimal[];
  readonly figures: AccountFigures;
}

export interface BaselineParameters {
  /** The market that the agent was in: the same is opened once more, with nobody in it but these. */
  readonly market: OpenMarketOptions;
  readonly funds: PaperFunds;
  readonly scope: HyperliquidScope;
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  /** When the agent looked, in order. */
  readonly instants: readonly Instant[];
  /** The agent's first targets; null: it never had any, so nothing is kept to them. */
  readonly targets: Targets | null;
}

/** Orders of one look: enough to reach any weights, and an end where a plan goes round in circles. */
const MOST_STEPS = 24;

/**
 * The same money in the same market by simpler means. Nothing is estimated: each is an account of its own at a second
 * paper exchange with the same seed or files, with the same planner, and pays its spreads, fees and funding there.
 */
export async function runBaselines(parameters: BaselineParameters): Promise<readonly Baseline[]> {
  const { instants, targets, scope, mandate } = parameters;
  const limited = (traded: Traded) => planRules(mandate, { budgets: [] }, traded);
  const free = (traded: Traded): PlanRules => ({
    ...limited(traded),
    caps: { sells: [], buys: [], max_position_usd: "unlimited" },
  });
  const equal = equalWeights(scope);
  const plans: readonly (Pick<Baseline, "name" | "means"> & {
    targets: Targets;
    rules: (traded: Traded) => PlanRules;
    once: boolean;
  })[] = [
    {
      name: "buy-and-hold",
      means: "equal parts of every market, bought long at the first look and left alone",
      targets: equal,
      rules: (traded) => ({ ...free(traded), threshold_points: ZERO }),
      once: true,
    },
    {
      name: "equal-weight",
      means: "equal parts of every market, long, brought back at every look by the mandate's threshold",
      targets: equal,
      rules: free,
      once: false,
    },
    ...(targets === null
      ? []
      : [
          {
            name: "without a model" as const,
            means:
              "the agent's first targets, kept by the mandate's threshold and its limits on a trade and a position; no day's budget",
            targets,
            rules: limited,
            once: false,
          },
        ]),
  ];
  const market = openMarket(parameters.market);
  const info = sharedInfo(market.exchange);
  const tally = new AccountTally(market.exchange);
  const clock = new ManualClock(market.exchange.now);
  const traders = plans.map((plan) => {
    const address: Address = lower(`0x${sha256(`baseline ${plan.name}`).slice(0, 40)}`);
    fundAccount(market.exchange, address, parameters.funds);
    return {
      ...plan,
      address,
      values: [] as Decimal[],
      trader: traderOf(market, info, { ...scope, account: { ...scope.account, address } }, clock),
    };
  });
  for (const [n, at] of instants.entries()) {
    market.advance(at);
    clock.set(at);
    for (const { trader, values, once, targets: wanted, rules: kept } of traders) {
      const seen = await trader.look();
      values.push(seen.value_usd ?? ZERO);
      if (n === 0 || !once) await trader.towards(wanted, kept, seen);
    }
  }
  return traders.map(({ name, means, values, address }) => ({ name, means, values, figures: tally.of(address) }));
}

/** As much of the value in each market, all of it long. */
function equalWeights(scope: HyperliquidScope): Targets {
  const names = Object.keys(scope.markets);
  const weight = ONE.div(Math.max(1, names.length)).toDecimalPlaces(6, 1);
  const held = names.map((name): Target => ({ account: scope.account.label, asset: assetId(scope.label, name), weight }));
  return [...held, { account: scope.account.label, asset: cashOf(scope), weight: ONE.minus(weight.times(names.length)) }];
}

/** Reads for all of them in process: what is the same for everybody is read once, until time passes or somebody trades. */
function sharedInfo(exchange: OpenedMarket["exchange"]): InfoClient {
  const known = {
    exchange,
    wallets: new ApiWallets(),
    quotas: new AddressQuotas(VENUE_RATE_LIMITS.initialRequests),
    equity: new EquityHistory(),
  };
  const info = infoClient({
    url: async (body) => {
      const question = readQuestion(body);
      if (question === null) throw new InvariantError("a baseline asked what the exchange does not answer");
      return answerInfo(known, question);
    },
  });
  const read = new Map<string, Promise<unknown>>();
  let at = exchange.now;
  exchange.on(() => read.clear());
  const once = <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    if (exchange.now !== at) read.clear();
    at = exchange.now;
    const before = read.get(what) as Promise<T> | undefined;
    const answer = before ?? ask();
    read.set(what, answer);
    return answer;
  };
  return {
    ...info,
    perpMetaAndContexts: () => once("perps", () => info.perpMetaAndContexts()),
    spotMetaAndContexts: () => once("spots", () => info.spotMetaAndContexts()),
    l2Book: (coin) => once(`book ${coin}`, () => info.l2Book(coin)),
  };
}

function traderOf({ exchange }: OpenedMarket, info: InfoClient, scope: HyperliquidScope, clock: Clock) {
  const venue = hyperliquidVenue({ scope, info, clock });
  const act = ({ rail, ...rest }: Action) => {
    if (rail !== "hyperliquid" || !("action" in rest)) throw new InvariantError("a baseline trades at the exchange alone");
    const { action } = rest;
    if (action.type === "order") return exchange.order(scope.account.address, action.orders, action.grouping);
    if (action.type === "updateLeverage")
      return exchange.updateLeverage(scope.account.address, action.asset, action.isCross, action.leverage);
    if (action.type === "usdClassTransfer") return exchange.usdClassTransfer(scope.account.address, action.amount, action.toPerp);
    throw new InvariantError(`a baseline has no use for ${action.type}`);
  };
  return {
    look: () => venue.observe(),
    /** Each market once in each direction: what found no other side at this look is left for the next. */
    async towards(targets: Targets, rulesAfter: (traded: Traded) => PlanRules, first: HyperliquidObservation): Promise<void> {
      const done = new Set<string>();
      let traded: Traded = { buys_usd: ZERO, sells_usd: ZERO };
      let seen = first;
      for (let made = 0; made < MOST_STEPS; made++) {
        const { steps } = venue.plan({ kind: "targets", targets }, seen, rulesAfter(traded));
        const step = steps.find(({ intent }) => !done.has(placeOf(intent)));
        if (!step) return;
        done.add(placeOf(step.intent));
        const value = step.value_usd ?? ZERO;
        if (step.direction === "buy") traded = { ...traded, buys_usd: traded.buys_usd.plus(value) };
        if (step.direction === "sell") traded = { ...traded, sells_usd: traded.sells_usd.plus(value) };
        try {
          for (const action of venue.compile(step.intent, seen)) act(action);
        } catch (error) {
          if (!(error instanceof IntentError)) throw error;
        }
        seen = await venue.observe();
      }
    },
  };
}

function placeOf(intent: HyperliquidIntent): string {
  return intent.kind === "order" ? `${intent.market} ${intent.side}` : intent.kind;
}
