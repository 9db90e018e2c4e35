import { decimal } from "../../core/decimal.ts";

/** An action in the venue's words, a wish to do nothing, or why it is neither. */
export type PlainAction =
  | { readonly kind: "action"; readonly item: Readonly<Record<string, unknown>> }
  | { readonly kind: "hold" }
  | { readonly kind: "bad"; readonly reason: string };

/**
 * One action of an answer in one form: what is null is left out, reasons are taken off, names of markets are whole, and
 * `{ action_type, coin, market_type, price }` are `{ kind, market, type, price }`.
 *
 * @param marketOf - the market that a name means, with its type or without; null: there is none.
 */
export function plainAction(item: unknown, marketOf: (name: string) => string | null): PlainAction {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return bad("not an object");
  const given = Object.entries(item).filter(([, value]) => value !== null && value !== undefined);
  const { action_type, action, coin, market_type, reason: _, reasoning: __, why: ___, ...rest } = Object.fromEntries(given);
  const kind = rest.kind ?? action_type ?? action;
  if (typeof kind !== "string" || kind === "") return bad("no kind");
  if (kind.toLowerCase() === "hold") return { kind: "hold" };
  if (coin === undefined && typeof rest.market !== "string") return { kind: "action", item: { ...rest, kind } };
  const named = coin ?? rest.market;
  if (typeof named !== "string" || named.trim() === "") return bad("no coin");
  if (market_type !== undefined && market_type !== "perp" && market_type !== "spot") {
    return bad(`the market type ${JSON.stringify(market_type)} is neither perp nor spot`);
  }
  const name = market_type === undefined ? named.trim() : `${named.trim()}:${market_type}`;
  const market = marketOf(name);
  if (market === null) return bad(`${name} is no market of this mandate`);
  const trades = /^(buy|sell)$/i.test(kind) && rest.type === undefined;
  return {
    kind: "action",
    item: { ...rest, kind, market, ...(trades ? { type: rest.price === undefined ? "market" : "limit" } : {}) },
  };
}

/** The same action with its numbers as plain decimals: how amounts are written. */
export function numbersAsText(item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      typeof value === "number" && Number.isFinite(value) ? decimal(value.toString()).toFixed() : value,
    ]),
  );
}

function bad(reason: string): PlainAction {
  return { kind: "bad", reason };
}
