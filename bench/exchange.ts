// Orders per second through the paper exchange's engine in process, margin, fees and events included, against a bare
// array that is scanned for its best price. Run: node scripts/launch.mjs --tool node bench/exchange.ts [--json]
import { InvariantError } from "../src/core/errors.ts";
import type { Address } from "../src/core/hex.ts";
import { seededRandom } from "../src/core/random.ts";
import type { WireOrder } from "../src/protocols/hyperliquid/actions.ts";
import { Exchange } from "../src/worlds/paper-exchange/engine/exchange.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";

const COUNT = 20_000;
const ROUNDS = 3;
const RESTING = 5_000;
const BASELINE = "array scanned for its best price";
/** So many that none comes to its limit of open orders. */
const TRADERS = Array.from({ length: 64 }, (_, n): Address => `0x${(n + 1).toString(16).padStart(40, "0")}`);

interface Plan {
  readonly who: number;
  readonly isBuy: boolean;
  readonly px: number;
  /** Hundredths of a coin. */
  readonly lots: number;
}

/** Orders around a price that does not move, a deep book of both sides before them. */
function plans(): readonly Plan[] {
  const random = seededRandom("exchange bench");
  const below = (n: number) => Math.floor(random.next() * n);
  return Array.from({ length: RESTING + COUNT }, (_, n) => {
    const isBuy = random.next() < 0.5;
    const away = n < RESTING ? 5 + below(300) : below(40) - 12;
    return { who: below(TRADERS.length), isBuy, px: isBuy ? 3_000 - away : 3_000 + away, lots: 1 + below(50) };
  });
}

function wire({ isBuy, px, lots }: Plan): WireOrder {
  return { a: 0, b: isBuy, p: String(px), s: String(lots / 100), r: false, t: { limit: { tif: "Gtc" } } };
}

/** The naive book: every order in one list, the best one looked for each time. Returns the lots traded. */
class ScannedBook {
  readonly #orders: { who: number; isBuy: boolean; px: number; lots: number }[] = [];
  traded = 0;

  take({ who, isBuy, px, lots }: Plan): void {
    let left = lots;
    while (left > 0) {
      let best = -1;
      for (const [i, it] of this.#orders.entries()) {
        if (it.isBuy === isBuy || (isBuy ? it.px > px : it.px < px)) continue;
        const known = this.#orders[best];
        if (known === undefined || (isBuy ? it.px < known.px : it.px > known.px)) best = i;
      }
      const maker = this.#orders[best];
      if (maker === undefined) break;
      const size = maker.who === who ? 0 : Math.min(left, maker.lots);
      left -= size;
      maker.lots -= size;
      this.traded += size;
      if (maker.lots === 0 || maker.who === who) this.#orders.splice(best, 1);
    }
    if (left > 0) this.#orders.push({ who, isBuy, px, lots: left });
  }
}

function exchangeWithTraders(): Exchange {
  const exchange = new Exchange({ start: 0, perps: [{ coin: "ETH", szDecimals: 2, maxLeverage: 50, oracle: "3000" }] });
  for (const trader of TRADERS) exchange.deposit(trader, "1000000000000");
  return exchange;
}

const all = plans();
const [before, timed] = [all.slice(0, RESTING), all.slice(RESTING)];
const pick = (n: number): Plan => {
  const plan = timed[n];
  if (plan === undefined) throw new InvariantError(`no plan ${n}`);
  return plan;
};

const rounds: Measurement[][] = [];
for (let round = 0; round < ROUNDS; round++) {
  const scanned = new ScannedBook();
  for (const plan of before) scanned.take(plan);
  const naive = await measure(BASELINE, { count: COUNT }, (n) => scanned.take(pick(n)));
  const exchange = exchangeWithTraders();
  let lots = 0;
  exchange.on((event) => {
    if (event.kind === "trade") lots += Math.round(Number(event.trade.sz) * 100);
  });
  const order = (plan: Plan) => exchange.order(TRADERS[plan.who] ?? "0x", [wire(plan)]);
  for (const plan of before) order(plan);
  const ours = await measure("engine, order by order", { count: COUNT }, (n) => order(pick(n)));
  if (lots !== scanned.traded) throw new InvariantError(`the engine traded ${lots} lots, the naive book ${scanned.traded}`);
  exchange.audit();
  rounds.push([naive, ours]);
}
report("exchange", ratios(medians(rounds), BASELINE));
