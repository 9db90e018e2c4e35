import type { Decimal } from "../core/decimal.ts";
import { type Bound, plus } from "./bound.ts";
import type { Limits } from "./terms.ts";

/** One part of a worst case, with the reasoning that makes it a bound. */
export interface WorstTerm {
  readonly name: string;
  readonly usd: Bound;
  /** With the figures in it: "50 bps × $500". */
  readonly formula: string;
  readonly because: string;
}

export interface WorstFigure {
  /** The sum of the terms. */
  readonly total_usd: Bound;
  readonly terms: readonly WorstTerm[];
  /** The limits that would make it finite, where it is not. */
  readonly set: readonly (keyof Limits)[];
}

/** The most that a fully hostile model can lose, in USD at pinned prices, and what that rests on. */
export interface WorstCase {
  /** One request: one trade, one exit or one payment. */
  readonly per_trade: WorstFigure;
  /** Any 24 hours. */
  readonly per_day: WorstFigure;
  /** Until the stop holds and what is held has been sold. */
  readonly in_all: WorstFigure;
  /** In which assets it can be lost. */
  readonly assets: readonly string[];
  /** Tokens without a price: what can be lost of them a day, in whole tokens, beside the figures in USD. */
  readonly in_units: Readonly<Record<string, { readonly per_trade: Decimal; readonly per_day: Decimal }>>;
  /** To whom it can be lost. */
  readonly receivers: readonly string[];
  readonly rests_on: readonly string[];
}

export interface WorstCaseOptions {
  /** What the accounts hold at their high, in USD. Left out: what the position limits let them hold. */
  readonly value_usd?: Decimal | undefined;
}

export function figure(terms: readonly WorstTerm[], limits: Limits, needed: readonly (keyof Limits)[]): WorstFigure {
  const total_usd = total(terms);
  return { total_usd, terms, set: total_usd === "unbounded" ? needed.filter((name) => limits[name] === "unlimited") : [] };
}

export function total(terms: readonly WorstTerm[]): Bound {
  return plus(...terms.map(({ usd }) => usd));
}
