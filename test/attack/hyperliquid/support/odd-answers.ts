import { MINUTE, SECOND } from "../../../../src/core/clock.ts";
import { decimal, sum } from "../../../../src/core/decimal.ts";
import { MandateError } from "../../../../src/core/errors.ts";
import type { Outcome } from "../../../../src/gateway/contract.ts";
import { operatorAt } from "../../../../src/gateway/operator/operator-desk.ts";
import type { LyingVenue, VenueLie } from "../../../hyperliquid/support/lying-venue.ts";
import type { TradingHouse } from "../../../hyperliquid/support/trading-house.ts";
import type { Trade } from "./requests.ts";

/** Where in an answer something stands: keys and places. */
export type Path = readonly (string | number)[];

export interface Oddity {
  /** The question that is answered oddly. */
  readonly type: string;
  readonly name: string;
  readonly lie: VenueLie;
}

const ABSENT = Symbol("absent");
type Odd = (value: unknown) => unknown;

/** What can be said in the place of a leaf: of other types, not finite, negative, huge, older, of others. */
const LEAVES: readonly (readonly [string, Odd])[] = [
  ["absent", () => ABSENT],
  ["null", () => null],
  ["another type", (value) => (typeof value === "string" ? 7 : "seven")],
  ["NaN", () => "NaN"],
  ["1e400", () => "1e400"],
  ["Infinity", () => "Infinity"],
  ["nothing", (value) => (typeof value === "string" && isNumber(value) ? "0" : typeof value === "number" ? 0 : "")],
  ["negated", (value) => negated(value)],
  ["huge", (value) => scaled(value, "9".repeat(60), Number.MAX_SAFE_INTEGER)],
  ["ten times", (value) => times(value, 10)],
  ["a tenth", (value) => times(value, 0.1)],
  ["of another", (value) => other(value)],
];
const LISTS: readonly (readonly [string, Odd])[] = [
  ["empty", () => []],
  ["doubled", (value) => (Array.isArray(value) ? [...value, ...value] : value)],
  ["turned round", (value) => (Array.isArray(value) ? [...value].reverse() : value)],
  ["an object", () => ({})],
];

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}
function negated(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return -value - 1;
  if (typeof value !== "string" || !isNumber(value)) return "-1";
  return value.startsWith("-") ? value.slice(1) : `-${value}`;
}
function scaled(value: unknown, text: string, number: number): unknown {
  return typeof value === "number" ? number : typeof value === "string" && isNumber(value) ? text : "x".repeat(10_000);
}
function times(value: unknown, factor: number): unknown {
  if (typeof value === "number") return Math.floor(value * factor);
  return typeof value === "string" && isNumber(value) ? decimal(value).times(factor).toFixed() : null;
}
function other(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (typeof value !== "string") return "other";
  const names: Readonly<Record<string, string>> = { BTC: "ETH", ETH: "BTC", B: "A", A: "B", open: "filled", filled: "open" };
  if (Object.hasOwn(names, value)) return names[value];
  return value.startsWith("0x") ? `${value.slice(0, -1)}${value.endsWith("0") ? "1" : "0"}` : `${value}X`;
}

/** Every place of an answer, of a list's members the first two. */
export function pathsIn(answer: unknown, at: Path = []): readonly Path[] {
  if (Array.isArray(answer)) return [at, ...answer.slice(0, 2).flatMap((one, i) => pathsIn(one, [...at, i]))];
  if (typeof answer !== "object" || answer === null) return [at];
  return [at, ...Object.entries(answer).flatMap(([key, value]) => pathsIn(value, [...at, key]))];
}

function put(answer: unknown, path: Path, odd: Odd): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    const made = odd(answer);
    return made === ABSENT ? null : made;
  }
  if (typeof answer !== "object" || answer === null) return answer;
  const inner = (answer as Record<string, unknown>)[key];
  if (rest.length === 0 && odd(inner) === ABSENT) {
    return Array.isArray(answer)
      ? answer.filter((_, i) => i !== key)
      : Object.fromEntries(Object.entries(answer).filter(([name]) => name !== key));
  }
  if (!Object.hasOwn(answer, key)) return answer;
  if (Array.isArray(answer)) return answer.map((one, i) => (i === key ? put(one, rest, odd) : one));
  return { ...answer, [key]: put(inner, rest, odd) };
}

/** Everything odd that can be said in the place of a true answer. */
export function odditiesOf(type: string, answer: unknown): readonly Oddity[] {
  return pathsIn(answer).flatMap((path) => {
    const here = path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], answer);
    const odds = Array.isArray(here) ? [...LISTS, ...LEAVES.slice(0, 3)] : typeof here === "object" ? LEAVES.slice(0, 3) : LEAVES;
    return odds.map(
      ([how, odd]): Oddity => ({ type, name: `${type} ${path.join(".")} ${how}`, lie: (said) => put(said, path, odd) }),
    );
  });
}

const CODES = /^[A-Z][A-Z0-9_]+$/;

async function price(house: TradingHouse, share: number): Promise<string> {
  return String(Math.round((await house.price("BTC")) * share));
}

function order(b: boolean, p: string, s: string, { r = false, tif = "Ioc" }: { r?: boolean; tif?: "Ioc" | "Gtc" } = {}): Trade {
  return { type: "order", orders: [{ a: 0, b, p, s, r, t: { limit: { tif } } }], grouping: "na" };
}

/** What is wrong with how a gateway bears one odd answer. Empty: nothing. */
export async function bears(house: TradingHouse, venue: LyingVenue, { type, lie }: Oddity): Promise<readonly string[]> {
  const wrong: string[] = [];
  const { wallet } = house.opened;
  const resting = await bid(house);
  const taking = await price(house, 1.005);
  const attempt = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof MandateError) || !CODES.test(error.code)) wrong.push(`${name} threw ${String(error)}`);
      else if (error.code === "INVARIANT" || error.code === "NOT_A_DECIMAL")
        wrong.push(`${name} threw ${error.code}: ${error.message}`);
      else if (/invariant|cannot read prop/i.test(error.message)) wrong.push(`${name} said ${error.message}`);
    }
  };
  venue.lie(type, lie);
  await attempt("a purchase", () => house.act(order(true, taking, "0.002")));
  await attempt("a bid", () => house.act(resting));
  await attempt("looking", () => house.settle());
  await attempt("an exit", async () => house.act(order(false, await price(house, 0.995), "0.001", { r: true })));
  venue.honest();
  await house.exchange.advance((await house.exchange.now()) + MINUTE);
  await attempt("looking again", () => house.settle());
  const { stopped } = await house.opened.gateway.state(wallet);
  if (stopped !== null) {
    wrong.push(`stopped: ${stopped.code} ${stopped.reason.slice(0, 200)}`);
    const { desk } = house.opened;
    if (desk && house.operatorKey) {
      const operator = operatorAt(desk, house.operatorKey);
      await attempt("an unfreeze", () => operator.unfreeze("it was a lie"));
    }
  }
  await attempt("a new cycle", () => house.opened.gateway.open(wallet));
  wrong.push(...(await agrees(house)));
  wrong.push(...(await tidiedUp(house)));
  return wrong;
}

/** What the journal and the exchange do not agree about, once it is honest. */
async function agrees(house: TradingHouse): Promise<readonly string[]> {
  const { state } = house.opened.stream;
  const wrong: string[] = [];
  const resting = await house.info.openOrders(house.account.address);
  const open = new Set(
    state.open.flatMap((key) =>
      (state.requests.get(key)?.transactions ?? []).flatMap(({ exchange }) => (exchange?.orders ?? []).map(({ cloid }) => cloid)),
    ),
  );
  for (const { cloid, oid } of resting)
    if (!cloid || !open.has(cloid)) wrong.push(`order ${oid} rests and no open request has it`);
  const alive = new Set(resting.map(({ cloid }) => cloid));
  for (const key of state.open) {
    const orders = (state.requests.get(key)?.transactions ?? []).flatMap(({ exchange }) => exchange?.orders ?? []);
    if (!orders.some(({ cloid }) => alive.has(cloid as `0x${string}`))) wrong.push("a request is open and nothing of it rests");
  }
  const fills = await house.info.fills(house.account.address, 0);
  for (const request of state.requests.values()) {
    const cloids = new Set(request.transactions.flatMap(({ exchange }) => (exchange?.orders ?? []).map(({ cloid }) => cloid)));
    const real = sum(
      fills.filter(({ cloid, dir }) => cloid && cloids.has(cloid) && dir.startsWith("Open")).map(({ px, sz }) => px.times(sz)),
    );
    const counted = request.amounts.spend_usd;
    if (!counted.isFinite() || counted.lt(real.times("0.99")))
      wrong.push(`${real.toFixed(2)} was spent, ${counted.toFixed(2)} counted`);
  }
  const high = state.highWaterUsd;
  if (high === null || !high.isFinite() || high.gt(20_000)) wrong.push(`the high is ${high?.toFixed(0).slice(0, 20) ?? "null"}`);
  return wrong;
}

/** Cancels and sells what is there beside the first position, as an honest agent would. */
async function tidiedUp(house: TradingHouse): Promise<readonly string[]> {
  const wrong: string[] = [];
  const say = (name: string, outcome: Outcome) => {
    if (outcome.kind === "confirmed") return;
    const why =
      outcome.kind === "refused" && outcome.verdict.kind === "deny"
        ? outcome.verdict.violations.map(({ code, message }) => `${code} ${message}`)
        : "";
    wrong.push(`${name} is ${outcome.kind} ${why}`);
  };
  try {
    const resting = await house.info.openOrders(house.account.address);
    if (resting.length > 0)
      say("a cancel", await house.act({ type: "cancel", cancels: resting.map(({ oid }) => ({ a: 0, o: oid })) }));
    await house.settle();
    const { assetPositions } = await house.info.perpState(house.account.address);
    const size = assetPositions.find(({ position }) => position.coin === "BTC")?.position.szi ?? decimal(0);
    const more = size.minus(START_SIZE);
    if (more.isZero()) return wrong;
    const s = more.abs().toFixed();
    say(
      "a trade back",
      await house.act(
        order(more.isNegative(), await price(house, more.isNegative() ? 1.005 : 0.995), s, { r: !more.isNegative() }),
      ),
    );
  } catch (error) {
    wrong.push(`tidying up threw ${String(error)}`);
  }
  await house.exchange.advance((await house.exchange.now()) + 5 * SECOND);
  return wrong;
}

/** Coins of the position that stands all the while. */
export const START_SIZE = "0.015";

/** A purchase of a little that rests, at a share of the price. */
export async function bid(house: TradingHouse, share = 0.9): Promise<Trade> {
  return order(true, await price(house, share), "0.002", { tif: "Gtc" });
}

/** Takes the position that stands all the while, and rests something, so that every list has something in it. */
export async function begin(house: TradingHouse): Promise<void> {
  await house.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 });
  await house.act(order(true, await price(house, 1.005), START_SIZE));
  house.exchange.exchange.deposit(house.account.address, "1");
}
