import { type Decimal, decimal, ONE, ratio, sum, ZERO } from "../../core/decimal.ts";

/** What a strategy in prose asks for: shares by symbol, summing to one, and how far they may drift. */
export interface ReadStrategy {
  readonly weights: ReadonlyMap<string, Decimal>;
  /** A share: 0.1 is ten points. */
  readonly band: Decimal;
}

const FRACTIONS: Readonly<Record<string, readonly [number, number]>> = {
  all: [1, 1],
  everything: [1, 1],
  half: [1, 2],
  "a third": [1, 3],
  "one third": [1, 3],
  "two thirds": [2, 3],
  "a quarter": [1, 4],
  "one quarter": [1, 4],
  "three quarters": [3, 4],
  "a fifth": [1, 5],
};

const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const MORE_NUMBERS: Readonly<Record<string, number>> = { fifteen: 15, twenty: 20, thirty: 30 };

const DEFAULT_BAND = decimal("0.05");

/**
 * Reads "half in WETH and half in USDC", "50 % WETH and 50 % in USDC", "60/40 WETH/USDC", "the rest in USDC", and
 * "ten points" or "5 % either way" as the band. Only symbols in `symbols` are looked for. Undefined when the prose
 * names no shares that sum to one.
 */
export function readStrategy(prose: string, symbols: readonly string[]): ReadStrategy | undefined {
  const text = prose.replace(/\s+/g, " ");
  const weights = pairOfShares(text, symbols) ?? namedShares(text, symbols);
  if (!sum(weights.values()).minus(ONE).abs().lte("0.01")) return undefined;
  return { weights, band: readBand(text) };
}

function pairOfShares(text: string, symbols: readonly string[]): Map<string, Decimal> | undefined {
  for (const first of symbols) {
    for (const second of symbols) {
      const [, a, b] = new RegExp(`(\\d{1,2})/(\\d{1,2}) ${escaped(first)}/${escaped(second)}\\b`, "i").exec(text) ?? [];
      if (first !== second && a !== undefined && b !== undefined && Number(a) + Number(b) === 100) {
        return new Map([
          [first, percent(a)],
          [second, percent(b)],
        ]);
      }
    }
  }
  return undefined;
}

function namedShares(text: string, symbols: readonly string[]): Map<string, Decimal> {
  const weights = new Map<string, Decimal>();
  const words = Object.keys(FRACTIONS).join("|");
  let rest: string | undefined;
  for (const symbol of symbols) {
    const name = escaped(symbol);
    const share = new RegExp(
      `(?:(\\d+(?:\\.\\d+)?) ?(?:%|percent|per cent)|\\b(${words})) (?:(?:of it|of the book|is|in|into|of) )*${name}\\b`,
      "i",
    ).exec(text);
    const fraction = FRACTIONS[(share?.[2] ?? "").toLowerCase()];
    if (share?.[1] !== undefined) weights.set(symbol, percent(share[1]));
    else if (fraction) weights.set(symbol, ratio(decimal(fraction[0]), decimal(fraction[1])));
    else if (new RegExp(`\\b(?:the )?rest (?:in |into )?${name}\\b`, "i").test(text)) rest = symbol;
  }
  if (rest !== undefined) weights.set(rest, ONE.minus(sum(weights.values())));
  return new Map([...weights].filter(([, weight]) => weight.gt(ZERO)));
}

function readBand(text: string): Decimal {
  for (const [, said = ""] of text.matchAll(/(\d+(?:\.\d+)?|[a-z]+) ?(?:percentage )?points?\b/gi)) {
    if (/^\d/.test(said)) return percent(said);
    const word = said.toLowerCase();
    const number = NUMBERS.includes(word) ? NUMBERS.indexOf(word) : MORE_NUMBERS[word];
    if (number !== undefined) return percent(String(number));
  }
  const [, share] = /(\d+(?:\.\d+)?) ?(?:%|percent) (?:either way|of drift|drift)/i.exec(text) ?? [];
  return share === undefined ? DEFAULT_BAND : percent(share);
}

function percent(text: string): Decimal {
  return decimal(text).div(100);
}

function escaped(symbol: string): string {
  return symbol.replace(/[^A-Za-z0-9]/g, "\\$&");
}
