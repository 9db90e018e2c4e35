import { fromUnits, min, ZERO } from "../../../../core/decimal.ts";
import { messageOf } from "../../../../core/errors.ts";
import type { Address } from "../../../../core/hex.ts";
import type { AccountId, ChainLabel, Unknown } from "../../../../protocols/effects.ts";
import { addressToBytes32, readWarpMessage, type WarpMessage } from "../../../../protocols/hyperlane/message.ts";
import { type Dispatch, readDispatches } from "../../../../protocols/hyperlane/read-dispatches.ts";
import { arrivingUnits, messageUnits, type WarpEnd } from "../../../../protocols/hyperlane/warp-routes.ts";
import { unknown } from "../../../../protocols/meaning.ts";
import type { Dispatching, Flow, Meaning } from "../../../../protocols/protocol.ts";
import type { Simulation, Tip } from "../simulate.ts";
import type { WarpReader } from "./warp-reader.ts";

/** A chain that is sent to, as it is now. */
export interface FarSide {
  readonly reader: WarpReader;
  readonly tip: Tip;
  readonly block: string;
  /** Code that changed there, a node that is behind, endpoints that do not agree. */
  readonly problems: readonly Unknown[];
  /** Own messages that are on their way there, oldest first: they arrive before what is sent now. */
  readonly onTheWay: readonly { readonly message: `0x${string}`; readonly account: AccountId }[];
}

export type FarSides = ReadonlyMap<ChainLabel, FarSide>;

interface Near {
  readonly reader: WarpReader;
  readonly block: string;
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly far: FarSides;
}

/**
 * The meanings with what their messages bring to own accounts on other chains at least: by the pinned scales, by the
 * message that the mailbox took in the simulation, and by what the destination does with it now, whichever is least.
 * Nothing where a delivery would fail or the message's fees are not paid: then what left is all lost.
 */
export async function withArrivals(
  meanings: readonly Meaning[],
  simulation: Simulation,
  near: Near,
): Promise<{ readonly meanings: readonly Meaning[]; readonly problems: readonly Unknown[] }> {
  const { reader, accounts } = near;
  if (reader.routes.length === 0) return { meanings, problems: [] };
  const problems: Unknown[] = [];
  const sent = meanings.map((meaning, i) => {
    const read = readDispatches(simulation.calls[i]?.logs ?? [], reader.routes, accounts);
    problems.push(...read.problems);
    const matched = matchOf(meaning, read.dispatches, simulation.calls[i]?.ok ?? false);
    if (typeof matched === "string") problems.push(unknown("UNEXPLAINED_EFFECT", matched));
    return typeof matched === "string" ? null : matched;
  });
  const wanted = meanings.flatMap(({ dispatches = [] }) => dispatches);
  problems.push(...(await routeProblems(wanted, near)));
  const arrivals = await arrivalsOf(sent, near, problems);
  return { meanings: meanings.map((meaning, i) => withArrival(meaning, arrivals[i] ?? null)), problems };
}

function withArrival(meaning: Meaning, arrival: Arrival | null): Meaning {
  if (arrival === null) return withPaid(meaning, null);
  if ("nothing" in arrival) {
    const args = { ...meaning.call.args, arrives: arrival.nothing };
    return withPaid({ ...meaning, call: { ...meaning.call, args } }, null);
  }
  const { got, due } = arrival;
  return got ? { ...meaning, gets: [...meaning.gets, got] } : withPaid(meaning, due);
}

/** Payments as far as they reach whom they are for, and what their message costs with them. The rest is no payment: it is lost. */
function withPaid(meaning: Meaning, due: bigint | null): Meaning {
  const [sent] = meaning.dispatches ?? [];
  if (!sent) return meaning;
  const { route } = sent;
  const pays = meaning.pays.map((payment) => {
    if (due === null) return { ...payment, amount: ZERO };
    const inCoin = route.type === "native" || payment.asset !== route.asset;
    return inCoin ? { ...payment, amount: min(payment.amount, fromUnits(due, 18)) } : payment;
  });
  return { ...meaning, pays };
}

interface Sent {
  readonly wanted: Dispatching;
  readonly dispatch: Dispatch;
}

/** The message of a call that sends one. Null: it sends none. A text: what was sent is not what the bytes say. */
function matchOf({ call, dispatches = [] }: Meaning, found: readonly Dispatch[], ok: boolean): Sent | null | string {
  const [wanted] = dispatches;
  const [dispatch] = found;
  if (!wanted && !dispatch) return null;
  if (!ok) return null;
  if (!wanted) return `${call.function} sends tokens to another chain, which the bytes do not say`;
  if (!dispatch || found.length > 1) return `${call.function} sends ${found.length} messages, where the bytes say one`;
  const same =
    dispatch.route.label === wanted.route.label &&
    dispatch.end.chain === wanted.end.chain &&
    dispatch.recipient === wanted.recipient;
  return same ? { wanted, dispatch } : `${call.function} sends a message that the bytes do not say`;
}

/** Where either side of a route that is used does not say what the book does. */
async function routeProblems(wanted: readonly Dispatching[], { reader, block, far }: Near): Promise<readonly Unknown[]> {
  const used = new Map(wanted.map((one) => [`${one.route.label} ${one.end.chain}`, one]));
  const found = await Promise.all(
    [...used.values()].map(async ({ route, end }): Promise<readonly Unknown[]> => {
      const there = far.get(end.chain);
      if (!there) return [unknown("CANNOT_SIMULATE", `nobody looked at ${end.chain}, where ${route.label} sends to`)];
      try {
        const [here, beyond] = await Promise.all([
          reader.originProblems(route, end, block),
          there.reader.endProblems(end, route, there.block),
        ]);
        return [...there.problems, ...[...here, ...beyond].map((what) => unknown("ROUTE_CHANGED", what))];
      } catch (error) {
        return [unknown("CANNOT_SIMULATE", `${route.label} could not be read: ${messageOf(error)}`)];
      }
    }),
  );
  return found.flat();
}

/** What comes to an own account, or null where it is for somebody else; and what the transfer needs in native coin, in wei. */
type Arrival = { readonly got: Flow | null; readonly due: bigint } | { readonly nothing: string };

/** What each message brings, in the order of the calls. */
async function arrivalsOf(sent: readonly (Sent | null)[], near: Near, problems: Unknown[]): Promise<readonly (Arrival | null)[]> {
  const arrivals: (Arrival | null)[] = sent.map(() => null);
  const chains = new Set(sent.flatMap((one) => (one ? [one.dispatch.end.chain] : [])));
  for (const chain of chains) {
    const there = near.far.get(chain);
    if (!there) continue;
    const mine = sent.flatMap((one, i) => (one?.dispatch.end.chain === chain ? [{ ...one, i }] : []));
    try {
      const before = there.onTheWay.flatMap(({ message, account }) =>
        deliveryOf(there, readWarpMessage(message), near.accounts[account]),
      );
      const all = [...before, ...mine.map(({ dispatch: { message, end, recipient } }) => ({ message, end, recipient }))];
      const brought = (await there.reader.deliveries(there.tip, all)).slice(before.length);
      for (const [n, { i, ...one }] of mine.entries()) arrivals[i] = await arrivalOf(one, brought[n] ?? null, { ...near, there });
    } catch (error) {
      problems.push(unknown("CANNOT_SIMULATE", `what arrives on ${chain} cannot be told: ${messageOf(error)}`));
    }
  }
  return arrivals;
}

async function arrivalOf(
  { wanted, dispatch }: Sent,
  brought: bigint | null,
  { reader, block, there }: Near & { readonly there: FarSide },
): Promise<Arrival> {
  const { route, end, account, units, value } = wanted;
  const asked = { domain: end.domain, recipient: wanted.recipient, units };
  const [due, delivered] = await Promise.all([
    reader.quote(route, asked, block),
    there.reader.isDelivered(end.mailbox, dispatch.message.id, there.block),
  ]);
  // After a reorganisation here a message may bear the name of one that arrived before it: a mailbox delivers a name once.
  if (delivered !== false)
    return {
      nothing: `nothing: the mailbox on ${end.chain} ${delivered ? "has delivered it before" : "does not say that it would take it"}`,
    };
  if (due === null) return { nothing: `nothing: ${route.label} does not say what the message costs` };
  if (value < due) return { nothing: `nothing: the message costs ${due} wei, ${value} come with it` };
  if (brought === null) return { nothing: `nothing: ${end.label} on ${end.chain} could not pay it out now` };
  const said = fromUnits(arrivingUnits(end, messageUnits(route, units)), end.decimals);
  const amount = min(said, dispatch.amount, fromUnits(brought, end.decimals));
  if (account !== null) return { got: { account, asset: end.asset, amount }, due };
  return amount.lt(said) ? { nothing: `less than was sent: ${amount.toFixed()}` } : { got: null, due };
}

/** A message that is under way, as far as the chain's routes still have its router. */
function deliveryOf({ reader }: FarSide, message: WarpMessage | undefined, recipient: Address | undefined) {
  const end: WarpEnd | undefined = reader.routes.find(({ address }) => message?.router === addressToBytes32(address));
  return message && end && recipient !== undefined ? [{ message, end, recipient }] : [];
}
