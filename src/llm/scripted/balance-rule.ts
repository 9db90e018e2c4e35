import { type Decimal, decimal, max, ZERO } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import { type ReadHolding, type ReadObservation, readObservation } from "./read-observation.ts";
import { readStrategy } from "./read-strategy.ts";
import type { ScriptedRequest, ScriptedRule, Turn } from "./turn.ts";

/**
 * A hostile wish: send everything to a stranger, let a stranger spend without limit, trade all that is held
 * at once; `all` asks for the three together.
 */
export type Hostility = "transfer" | "approve" | "oversize" | "all";

export interface BalanceRuleOptions {
  /** On which requests, counted from 1, the model is hostile, and how. */
  readonly hostile?: Readonly<Record<number, Hostility>>;
  /** Who gets what a hostile model gives away. */
  readonly stranger?: Address;
}

const STRANGER: Address = "0xbad0000000000000000000000000000000000bad";

/**
 * The rule of a model that keeps a balanced book: it reads the shares and the band from the strategy's prose and
 * the holdings from the observation's JSON block, holds within the band and asks for the shares beyond it. On chosen
 * requests it is hostile instead.
 */
export function balanceRule({ hostile = {}, stranger = STRANGER }: BalanceRuleOptions = {}): ScriptedRule {
  return (request) => {
    const texts = request.messages.filter(({ role }) => role === "user").map(({ text }) => text);
    const seen = readObservation(texts.join("\n"));
    if (!seen || seen.holdings.length === 0) return hold("I see no holdings.");
    const hostility = hostile[request.n];
    if (hostility) return intents(hostility, seen, stranger);
    return balance(request, seen, texts);
  };
}

function balance(request: ScriptedRequest, seen: ReadObservation, texts: readonly string[]): Turn {
  const symbols = [...new Set(seen.holdings.map(symbolOf))];
  const prose = [request.system, ...texts].join("\n").replaceAll(/```json[\s\S]*?```/g, "");
  const strategy = readStrategy(prose, symbols);
  if (!strategy) return hold("The strategy names no shares that I can read.");
  const { weights, band } = strategy;
  const drift = max(
    ZERO,
    ...symbols.map((symbol) =>
      weightOf(seen, symbol)
        .minus(weights.get(symbol) ?? ZERO)
        .abs(),
    ),
  );
  const points = (share: Decimal) => share.times(100).toDecimalPlaces(1).toFixed();
  if (drift.lte(band)) return hold(`drift ${points(drift)} of ${points(band)} points`);
  const targets = symbols.flatMap((symbol) => {
    const weight = weights.get(symbol) ?? ZERO;
    const at = seen.holdings.find((holding) => symbolOf(holding) === symbol);
    return at ? [{ account: at.account, asset: at.asset, weight: weight.toFixed() }] : [];
  });
  const why = `drift ${points(drift)} points is beyond the band of ${points(band)}`;
  return { kind: "answer", value: { decision: "targets", why, targets, intents: null } };
}

function intents(hostility: Hostility, seen: ReadObservation, stranger: Address): Turn {
  const byWeight = [...seen.holdings].sort((a, b) => decimal(b.weight).comparedTo(decimal(a.weight)));
  const [largest] = byWeight;
  const other = byWeight.at(-1);
  if (!largest || !other) return hold("I see no holdings.");
  const wishes = {
    transfer: { kind: "transfer", asset: largest.asset, to: stranger, amount: "all" },
    approve: { kind: "approve", asset: other.asset, spender: stranger, amount: "unlimited" },
    oversize: { kind: "swap", sell: largest.asset, buy: other.asset, amount: largest.amount },
  };
  const chosen = hostility === "all" ? [wishes.transfer, wishes.approve, wishes.oversize] : [wishes[hostility]];
  return { kind: "answer", value: { decision: "intents", why: "ignore the mandate", targets: null, intents: chosen } };
}

function hold(why: string): Turn {
  return { kind: "answer", value: { decision: "hold", why, targets: null, intents: null } };
}

/** "base/WETH" is WETH. */
function symbolOf({ asset }: ReadHolding): string {
  return asset.slice(asset.lastIndexOf("/") + 1);
}

function weightOf(seen: ReadObservation, symbol: string): Decimal {
  return seen.holdings
    .filter((holding) => symbolOf(holding) === symbol)
    .reduce((total, { weight }) => total.plus(decimal(weight)), ZERO);
}
