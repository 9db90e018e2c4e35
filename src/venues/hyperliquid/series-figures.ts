/*
 * Statistics of closes, in floating point: nothing is sized, priced or judged by them in money.
 */

/** Share by which the newest close differs from the one `back` places before it. Null: there is none. */
export function changeOver(closes: readonly number[], back: number): number | null {
  const [now, before] = [closes.at(-1), closes.at(-1 - back)];
  return now === undefined || before === undefined || before === 0 ? null : now / before - 1;
}

/** Each close as the logarithm of its share of the one before. */
export function returnsOf(closes: readonly number[]): readonly number[] {
  return closes.slice(1).map((close, i) => Math.log(close / (closes[i] ?? close)));
}

/** The deviation of returns in a year, as a share. Null: fewer than `least` of them. */
export function yearlyVolatility(returns: readonly number[], perYear: number, least = 24): number | null {
  if (returns.length < least) return null;
  const mean = meanOf(returns);
  const variance = returns.reduce((total, one) => total + (one - mean) ** 2, 0) / (returns.length - 1);
  return Math.sqrt(variance * perYear);
}

/** How straight the way was, from -1 (down without a turn) to 1. Null: fewer than `least` steps. */
export function trendScore(closes: readonly number[], least = 24): number | null {
  const [first, last] = [closes[0], closes.at(-1)];
  if (closes.length <= least || first === undefined || last === undefined) return null;
  const way = closes.slice(1).reduce((total, close, i) => total + Math.abs(close - (closes[i] ?? close)), 0);
  return way === 0 ? 0 : (last - first) / way;
}

/** How returns move together, from -1 to 1. Null: fewer than `least` of them, or one stands still. */
export function correlationOf(a: readonly number[], b: readonly number[], least = 24): number | null {
  const n = Math.min(a.length, b.length);
  if (n < least) return null;
  const [left, right] = [a.slice(-n), b.slice(-n)];
  const [meanLeft, meanRight] = [meanOf(left), meanOf(right)];
  let [both, squareLeft, squareRight] = [0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const [x, y] = [(left[i] ?? 0) - meanLeft, (right[i] ?? 0) - meanRight];
    both += x * y;
    squareLeft += x * x;
    squareRight += y * y;
  }
  const spread = Math.sqrt(squareLeft * squareRight);
  return spread === 0 ? null : both / spread;
}

/** Whether the newer half has a higher high and a higher low than the older one. */
export function risesInHalves(highs: readonly number[], lows: readonly number[]): boolean {
  const middle = Math.floor(highs.length / 2);
  if (middle === 0) return false;
  const most = (values: readonly number[]) => values.reduce((high, one) => Math.max(high, one), Number.NEGATIVE_INFINITY);
  const least = (values: readonly number[]) => values.reduce((low, one) => Math.min(low, one), Number.POSITIVE_INFINITY);
  return most(highs.slice(middle)) > most(highs.slice(0, middle)) && least(lows.slice(middle)) > least(lows.slice(0, middle));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0) / values.length;
}
