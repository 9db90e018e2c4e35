import { type Clock, MINUTE, SECOND } from "../core/clock.ts";
import { type Decimal, decimal } from "../core/decimal.ts";
import type { Outcome, Request } from "../gateway/contract.ts";
import type { Mandate } from "../mandate/terms.ts";
import { type AssetId, splitAssetId } from "../protocols/effects.ts";
import { collectingSide } from "../venues/evm/collect-side.ts";
import type { EvmIntent } from "../venues/evm/intents.ts";
import { cashShare, type ExitLot, emptyButOwed, nextExit, stuckHoldings } from "../venues/evm/next-exit.ts";
import type { EvmObservation } from "../venues/evm/observation.ts";
import { IntentError, type Venue } from "../venues/venue.ts";

export interface BringHomeParameters {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly venue: Venue<EvmIntent, EvmObservation>;
  readonly clock: Clock;
  /** One reducing request, on the operator's word. */
  readonly exit: (actions: Request["actions"]) => Promise<Outcome>;
  /** Looks up what is open. */
  readonly settle: () => Promise<readonly Outcome[]>;
  readonly on: (event: HomeEvent) => void;
  readonly signal?: AbortSignal;
}

export type HomeEvent =
  /** "unwound": liquidity or shares turned into what they held. "closed": at an exchange, part of a position. */
  | { readonly kind: "sold" | "unwound" | "revoked" | "closed" | "cancelled"; readonly asset: AssetId; readonly outcome: Outcome }
  | { readonly kind: "refused"; readonly asset: AssetId; readonly codes: readonly string[]; readonly why: string };

export interface HomeReport {
  /** The numeraire's share of the portfolio's value. Null: something that is held has no price. */
  readonly cash_share: Decimal | null;
  readonly home: boolean;
  readonly exits: number;
  /** What could not leave, or is still allowed to somebody, and why. */
  readonly left: readonly { readonly asset: AssetId; readonly why: string }[];
}

/** Home is at least this share in the numeraire. */
const HOME = decimal("0.99");
/** Where the mandate bounds no exit's cost, one is still not sold for anything. */
const WIDEST = decimal(1_000);
/** Most exits of one run: a book of a hundred lots and its failures. */
const MOST = 300;
const PATIENCE = 10 * MINUTE;

/**
 * Takes a wallet home: ends every allowance, then turns liquidity and shares into what they hold and sells everything to
 * the numeraire in lots, each within a single trade and its floor, until 99 % is cash or nothing more sells. Each lot is first tried near the price, then as low as the
 * mandate lets an exit cost.
 */
export async function bringHome(parameters: BringHomeParameters): Promise<HomeReport> {
  const { mandate, venue, signal } = parameters;
  const { terms } = mandate;
  const ladder = floorsOf(mandate);
  const rungs = new Map<AssetId, number>();
  const sides = new Map<AssetId, 0 | 1>();
  const halves = new Map<AssetId, string>();
  const left = new Map<AssetId, string>();
  const allowed: { readonly asset: AssetId; readonly why: string }[] = [];
  let exits = 0;
  await settled(parameters, await parameters.settle());
  let seen = await venue.observe();
  for (const intent of venue.revokes(seen)) {
    if (intent.kind !== "revoke") continue;
    const done = await attempt(parameters, intent, intent.asset, "revoked", seen);
    if (done === true) exits += 1;
    else allowed.push({ asset: intent.asset, why: `an allowance of it stays: ${done}` });
  }
  seen = await venue.observe();
  const sell = async () => {
    while (exits < MOST && !signal?.aborted) {
      const share = cashShare(terms, seen);
      if (share?.gte(HOME) && left.size === 0) break;
      const lot = nextLot(terms, seen, ladder, rungs, left);
      if (!lot) break;
      const { asset, intent } = lot;
      const side = sides.get(asset);
      const done = await attempt(parameters, intent, asset, intent.kind === "swap" ? "sold" : "unwound", seen, side);
      if (done === true) exits += 1;
      else {
        const rung = (rungs.get(asset) ?? 0) + 1;
        const other = rung < ladder.length ? undefined : otherSide(intent, done, side);
        if (other === undefined) rungs.set(asset, rung);
        else {
          // A token of it cannot be paid out: without that one, from the last rung on.
          sides.set(asset, other);
          rungs.set(asset, ladder.length - 1);
          halves.set(asset, halves.get(asset) ?? done);
        }
        if (other === undefined && rung >= ladder.length) left.set(asset, done);
      }
      seen = await venue.observe();
    }
  };
  await sell();
  // What an exit before this had to leave where it is owed: at last, since strangers can give as much of it as they like.
  const owed = emptyButOwed(seen).filter(({ asset }) => !halves.has(asset));
  for (const { asset, account } of owed) {
    if (exits >= MOST || signal?.aborted) break;
    const intent = { kind: "lp_collect_fees" as const, account, position: asset };
    const done = await attempt(parameters, intent, asset, "unwound", seen);
    if (done === true) exits += 1;
    else left.set(asset, `what it is owed stays: ${done}`);
  }
  if (owed.length > 0) {
    seen = await venue.observe();
    await sell();
  }
  const cash_share = cashShare(terms, seen);
  return {
    cash_share,
    home: cash_share?.gte(HOME) ?? false,
    exits,
    left: [
      ...allowed,
      ...[...left].map(([asset, why]) => ({ asset, why })),
      ...[...halves].flatMap(([asset, why]) =>
        left.has(asset) ? [] : [{ asset, why: `one of its tokens stays in it: ${why}` }],
      ),
      ...stuckHoldings(terms, seen).filter(({ asset }) => !left.has(asset)),
    ],
  };
}

function nextLot(
  terms: Mandate["terms"],
  seen: EvmObservation,
  ladder: readonly Decimal[],
  rungs: ReadonlyMap<AssetId, number>,
  left: ReadonlyMap<AssetId, string>,
): ExitLot | null {
  const leave = new Set(left.keys());
  const first = nextExit(terms, seen, { floorBps: ladder[0] ?? WIDEST, leave });
  if (!first) return null;
  const floorBps = ladder[rungs.get(first.asset) ?? 0] ?? WIDEST;
  return nextExit(terms, seen, { floorBps, leave });
}

/** From near the price to as far below it as an exit may cost. */
function floorsOf({ terms, brief }: Pick<Mandate, "terms" | "brief">): readonly Decimal[] {
  const limit = terms.limits.max_exit_cost_bps;
  const widest = limit === "unlimited" ? WIDEST : limit;
  const near = brief.plan.slippage_bps;
  // The gateway may read another price a block later: the last rung stands a little above what it would refuse.
  const last = widest.times("0.98");
  return near.lt(last) ? [near, near.plus(last).div(2), last] : [last];
}

/** Which of a position's tokens is collected alone next, where both together would revert. Undefined: none is left to try. */
function otherSide({ kind }: EvmIntent, why: string, side: 0 | 1 | undefined): 0 | 1 | undefined {
  if (kind !== "lp_close" || !why.includes("WOULD_REVERT")) return undefined;
  return side === undefined ? 0 : side === 0 ? 1 : undefined;
}

/** True: it took effect. Else why it did not. */
async function attempt(
  parameters: BringHomeParameters,
  intent: EvmIntent,
  asset: AssetId,
  verb: "sold" | "unwound" | "revoked",
  seen: EvmObservation,
  side?: 0 | 1,
): Promise<true | string> {
  const { venue, exit, on } = parameters;
  let actions: Request["actions"];
  try {
    actions = venue.compile(intent, seen);
    const half = side === undefined ? null : collectingSide(actions[0], side);
    if (half) actions = [half];
  } catch (error) {
    if (!(error instanceof IntentError)) throw error;
    on({ kind: "refused", asset, codes: [error.problem], why: error.message });
    return error.message;
  }
  let outcome = await settled(parameters, [await exit(actions)]);
  const without = outcome.kind === "refused" ? withoutApproval(intent, actions, seen) : null;
  if (without) outcome = await settled(parameters, [await exit(without)]);
  if (outcome.kind === "refused") {
    const reasons = outcome.verdict.kind === "deny" ? outcome.verdict.violations : outcome.verdict.because;
    const why = reasons.map(({ code, message }) => `${code} ${message}`).join("; ");
    on({ kind: "refused", asset, codes: reasons.map(({ code }) => code), why });
    return why;
  }
  on({ kind: verb, asset, outcome });
  return outcome.kind === "confirmed" ? true : `${splitAssetId(asset).symbol}: ${outcome.reason ?? outcome.kind}`;
}

/** A swap by itself, where what stands allowed is enough for it: its token may let nobody approve any more. */
function withoutApproval(intent: EvmIntent, actions: Request["actions"], seen: EvmObservation): Request["actions"] | null {
  const swap = actions.at(-1);
  if (intent.kind !== "swap" || actions.length < 2 || !swap || !("call" in swap)) return null;
  const { sell, amount } = intent;
  const enough = seen.allowances.some(
    (one) =>
      one.account === swap.from &&
      one.asset === sell &&
      one.spender === swap.call.to &&
      amount !== "all" &&
      one.amount.gte(amount),
  );
  return enough ? [swap] : null;
}

/** A message that somebody was given is used when they like: nothing waits for that. */
function isOurs({ kind, ...outcome }: Outcome): boolean {
  return kind === "refused" || !("awaits" in outcome) || outcome.awaits.every((one) => one.kind !== "signature");
}

/** Looks until nothing is open any more, or patience ends. */
async function settled({ clock, settle, signal }: BringHomeParameters, first: readonly Outcome[]): Promise<Outcome> {
  let outcomes = first.filter(isOurs);
  const until = (await clock.now()) + PATIENCE;
  while (outcomes.some(({ kind }) => kind === "open") && (await clock.now()) < until && !signal?.aborted) {
    await clock.sleep((await clock.now()) + SECOND, signal);
    const looked = (await settle()).filter(isOurs);
    outcomes = looked.length === 0 ? outcomes : looked;
    if (looked.length === 0) break;
  }
  const [outcome] = outcomes;
  return outcome ?? { kind: "released", key: "", done: [], awaits: [], transactions: [], reason: null };
}
