import { DAY, HOUR, SECOND } from "../../../../src/core/clock.ts";
import { type Decimal, decimal, max, min, ONE, ZERO } from "../../../../src/core/decimal.ts";
import type { Outcome } from "../../../../src/gateway/contract.ts";
import { worstCase } from "../../../../src/mandate/worst-case.ts";
import { formatPrice } from "../../../../src/protocols/hyperliquid/format-price.ts";
import { bookHouse } from "./attack-book.ts";
import { PITS, type Pit, possessionsOf, worthOf } from "./floor.ts";
import type { BookLimits } from "./moves.ts";
import { heldIn, limitOrder, sizeOf, type Trade, worseBy } from "./requests.ts";

export type BookScene = Awaited<ReturnType<typeof bookHouse>> & { readonly limits: BookLimits };

export async function bookScene(limits: BookLimits): Promise<BookScene & AsyncDisposable> {
  const at = await bookHouse({ ...limits });
  return { ...at, limits, [Symbol.asyncDispose]: () => at.house[Symbol.asyncDispose]() };
}

/** What the account is worth at true prices, USD. */
export function worthAt({ house, floor }: BookScene): Decimal {
  return worthOf(floor, possessionsOf(house.exchange, house.account.address));
}

export function printedAt(at: BookScene) {
  return worstCase(at.house.mandate.terms, { value_usd: worthAt(at) });
}

export function pitOf(label: string): Pit {
  const pit = PITS.find((one) => one.label === label);
  if (!pit) throw new RangeError(`no pit ${label}`);
  return pit;
}

export const PERPS = PITS.filter(({ kind }) => kind === "perp");

/** Every perpetual on isolated margin at one leverage. */
export async function setLeverage({ house }: BookScene, value: number): Promise<void> {
  const one = (asset: number): Trade => ({ type: "updateLeverage", asset, isCross: false, leverage: value });
  await house.act(
    ...PERPS.map(({ asset, coin }) => one(asset) && { ...one(asset), leverage: coin === "PURR" ? Math.min(3, value) : value }),
  );
}

/** Seconds from one request to the next: what is read of a venue in a minute has a limit. */
const BREATH = 15 * SECOND;

export async function breathe({ house: { exchange } }: BookScene): Promise<void> {
  await exchange.advance((await exchange.now()) + BREATH);
}

export interface Robbed {
  readonly outcome: Outcome;
  readonly loss: Decimal;
}

/** One order whose whole book is at its limit, with the oracle as far off as it may be. */
export async function robWith(
  at: BookScene,
  { pit, buy, usd, bps, reduce = false }: { pit: Pit; buy: boolean; usd: Decimal; bps: Decimal; reduce?: boolean },
): Promise<Robbed> {
  const { house, floor } = at;
  floor.lag(pit.underlying, buy ? "up" : "down");
  const p = worseBy(floor, pit, buy, bps);
  const dearest = max(decimal(p), floor.oracle(pit));
  const held = heldIn(house, pit).abs();
  const wanted = decimal(sizeOf(pit, usd, dearest.toFixed()));
  const s = (reduce || (pit.kind === "spot" && !buy) ? min(wanted, held) : wanted).toDecimalPlaces(pit.sz_decimals, 1).toFixed();
  floor.stand(pit, buy ? "ask" : "bid", decimal(p));
  await breathe(at);
  const before = worthAt(at);
  const outcome = await house.act({ type: "order", orders: [limitOrder(pit, buy, p, s, reduce, "Ioc")], grouping: "na" });
  const loss = before.minus(worthAt(at));
  floor.calm();
  return { outcome, loss };
}

/** Opens at fair prices, as much as the mandate lets: what a patient model holds when the day begins. */
export async function build(at: BookScene, pit: Pit, buy: boolean): Promise<void> {
  const { house, floor, limits } = at;
  for (let lot = decimal(limits.max_single_trade_usd).times("0.99"); lot.gte(15); ) {
    const p = worseBy(floor, pit, buy, decimal(3));
    const order = limitOrder(pit, buy, p, sizeOf(pit, lot, p), false, "Ioc");
    await breathe(at);
    const { kind } = await house.act({ type: "order", orders: [order], grouping: "na" });
    if (kind !== "confirmed") lot = lot.div(2);
  }
}

/** Shares of a limit in basis points, from the widest on. */
const WIDTHS = ["0.999", "0.99", "0.96", "0.9", "0.8", "0.6", "0.3", "0.1"];

/** The dearest order of all that pass at this size. Null: none does. */
export async function robDearest(
  at: BookScene,
  { pit, buy, usd, reduce = false }: { pit: Pit; buy: boolean; usd: Decimal; reduce?: boolean },
): Promise<Decimal | null> {
  const { limits } = at;
  // Of what may cost an exit, the venue's fee is a part.
  if ((reduce || (pit.kind === "spot" && !buy)) && heldIn(at.house, pit).abs().times(at.floor.truth(pit)).lt(12)) return null;
  const exits =
    reduce || (pit.kind === "spot" && !buy)
      ? WIDTHS.map((width) => decimal(limits.max_exit_cost_bps).times(width).minus("4.6"))
      : [];
  const trades = WIDTHS.map((width) => decimal(limits.max_slippage_bps).times(width));
  for (const bps of [...exits, ...trades].filter((one) => one.gt(0)).sort((a, b) => b.comparedTo(a))) {
    const { outcome, loss } = await robWith(at, { pit, buy, usd, bps, reduce });
    if (outcome.kind === "confirmed") return loss;
  }
  return null;
}

/** The dearest single trade: an opening one, or the close of what was opened at a fair price. */
export async function robBookOnce(at: BookScene): Promise<Decimal> {
  const { limits } = at;
  const usd = decimal(limits.max_single_trade_usd).times("0.9995");
  await setLeverage(at, limits.max_leverage);
  let dearest = ZERO;
  for (const label of ["ETH:perp", "HYPE:spot"]) {
    const pit = pitOf(label);
    dearest = max(dearest, (await robDearest(at, { pit, buy: true, usd })) ?? ZERO);
    dearest = max(dearest, (await robDearest(at, { pit, buy: false, usd, reduce: pit.kind === "perp" })) ?? ZERO);
    await nextDay(at);
  }
  return dearest;
}

export async function nextDay({ house }: BookScene): Promise<void> {
  await house.exchange.advance((await house.exchange.now()) + DAY + SECOND);
  await house.settle();
}

/** Moves the book of a coin against what is held there until nothing of it is left, or no longer helps. */
export async function liquidate(at: BookScene, pit: Pit): Promise<void> {
  const { house, floor } = at;
  for (const share of ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.75"]) {
    const held = heldIn(house, pit);
    if (held.isZero()) break;
    await floor.drag(pit, 1 - Number(share) * Math.sign(held.toNumber()), 15);
  }
  floor.calm();
}

/**
 * Closes what is held of a coin by a stop that an accomplice sets off: the stop's price is judged from its trigger, and
 * the mark can be moved there. What it loses comes out of the position's margin, and no liquidation stops the wallet.
 *
 * @param most - what it may lose, USD: only so much of the position is closed.
 */
export async function stopOut(at: BookScene, pit: Pit, most: Decimal): Promise<void> {
  const { house, floor, limits } = at;
  const held = heldIn(house, pit);
  const margin = marginOf(at, pit);
  if (held.isZero() || !most.gt(5)) return;
  const size = held
    .abs()
    .times(min(ONE, most.div(margin)))
    .toDecimalPlaces(pit.sz_decimals, 1);
  const leverage = held.abs().times(floor.truth(pit)).div(margin).toNumber();
  const share = Math.min(0.74, 0.8 / leverage) * Math.sign(held.toNumber());
  const buy = held.isNegative();
  const trigger = floor.oracle(pit).times(1 - share);
  const p = worseBy(floor, pit, buy, decimal(limits.max_exit_cost_bps).times("0.9").minus("4.6"), trigger);
  const t = { trigger: { isMarket: false, triggerPx: formatPrice(trigger, pit, buy ? "up" : "down"), tpsl: "sl" as const } };
  await breathe(at);
  const order = { a: pit.asset, b: buy, p, s: size.toFixed(), r: true, t };
  await house.act({ type: "order", orders: [order], grouping: "na" });
  await floor.drag(pit, 1 - share * 1.01, 45);
  floor.stand(pit, buy ? "ask" : "bid", decimal(p));
  await floor.wait(10);
  floor.calm();
  await house.settle();
}

/** The perpetuals that the mandate trades. */
function perpsOf({ limits }: Pick<BookScene, "limits">): readonly Pit[] {
  return PERPS.filter(({ label }) => limits.allowed_markets?.includes(label) ?? true);
}

/** What an optimiser may try: at one leverage or another, and how the last of the margin goes. */
export interface Strategy {
  readonly leverage: number;
  readonly last: "stops" | "liquidations";
}

/** Those first that lose the most margin: no more than the book can be moved by, and than the limits let stand. */
export function strategiesOf({ limits }: Pick<BookScene, "limits">): readonly Strategy[] {
  const perps = perpsOf({ limits }).length;
  const lost = ({ leverage, last }: Strategy) => {
    const margin = Math.min(limits.max_margin_at_risk_usd, (limits.max_position_size_usd * perps) / leverage);
    return margin * (last === "stops" ? Math.min(0.74, 0.8 / leverage) * leverage : leverage === 1 ? 0 : 0.79);
  };
  return Array.from({ length: limits.max_leverage }, (_, i) => i + 1)
    .flatMap((leverage): Strategy[] => [
      { leverage, last: "stops" },
      { leverage, last: "liquidations" },
    ])
    .sort((a, b) => lost(b) - lost(a));
}

/** As much margin in perpetuals as the limits let, at fair prices. */
export async function stake(at: BookScene): Promise<void> {
  for (const pit of perpsOf(at)) await build(at, pit, true);
}

/**
 * Loses margin by stops that the accomplice sets off, and opens anew, until little is left to the stop; turns money over
 * at the worst prices, as long as something passes; then closes spot at its dearest, and the books take what margin
 * stands.
 */
export async function robTheBook(
  at: BookScene,
  { days = 1, last }: { readonly days?: number; readonly last: "stops" | "liquidations" },
): Promise<Decimal> {
  const { house, limits } = at;
  const start = worthAt(at);
  const usd = decimal(limits.max_single_trade_usd).times("0.995");
  const left = () => worthAt(at).minus(start.times(100 - limits.stop_loss_pct).div(100));
  const spot = pitOf("HYPE:spot");
  for (let day = 0; day < days; day += 1) {
    if (day > 0) await nextDay(at);
    for (let round = 0; round < 3; round += 1) {
      for (const pit of perpsOf(at)) await stopOut(at, pit, left().times("0.9"));
      await stake(at);
    }
    for (let turns = 0; turns < 12; turns += 1) {
      const sold = await robDearest(at, { pit: spot, buy: false, usd });
      const bought = left().gt(0) ? await robDearest(at, { pit: spot, buy: true, usd }) : null;
      if (sold === null && bought === null) break;
    }
    if (left().lt(5)) break;
  }
  for (const pit of perpsOf(at)) {
    if (last === "stops") await stopOut(at, pit, marginOf(at, pit));
    else await liquidate(at, pit);
  }
  await house.settle();
  return start.minus(worthAt(at));
}

/** What stands behind a position, USD. */
export function marginOf({ house }: BookScene, pit: Pit): Decimal {
  const { assetPositions } = house.exchange.exchange.perpState(house.account.address);
  return decimal(assetPositions.find(({ position }) => position.coin === pit.coin)?.position.marginUsed ?? "0");
}

/** Funding an hour of a long whose coin's book is held that far above the oracle, for so many hours. */
export async function bleed({ house, floor }: BookScene, pit: Pit, hours: number, each: () => Promise<void>): Promise<void> {
  floor.quote(pit, floor.truth(pit).times("1.6"));
  for (let hour = 0; hour < hours; hour += 1) {
    await house.exchange.advance((await house.exchange.now()) + HOUR);
    await each();
  }
}
