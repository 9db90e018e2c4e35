import { ConnectError } from "@connectrpc/connect";
import { parseTransaction } from "viem";
import { MINUTE } from "../../../src/core/clock.ts";
import { InvariantError, MandateError } from "../../../src/core/errors.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { Outcome, Request } from "../../../src/gateway/contract.ts";
import { PAYEE } from "../../gateway/support/signing-house.ts";
import { byHand } from "../../support/by-hand.ts";
import { letGoLate } from "./accomplice.ts";
import type { Answer } from "./doors.ts";
import { FELLOW } from "./fellow.ts";
import { holds } from "./holds.ts";
import { honestTrade } from "./honest-trade.ts";
import { BETWEEN } from "./meddle.ts";
import type { Racer } from "./moves.ts";
import type { Stage } from "./stage.ts";

/** Longer than what must pass between two trades, and not so long that a feed is too old. */
export const PATIENCE = 12 * MINUTE;
/**
 * What who comes too late, or at a bad moment, is told. Among it: a node that mines for one wallet has no state of the block
 * that it shows the other, for a moment.
 */
const LOST: readonly string[] = ["LEASE_LOST", "KEY_REUSED", "STOPPED", "RATE_LIMITED", "ORDER_STALE", "CHAIN_UNREACHABLE"];

/** What somebody who came at once with others came to. Null: there was nothing for them to ask, or they were too late. */
type Ended = { readonly does: Racer["does"]; readonly answer: Answer } | null;

/** Several come at once: the same agent through several doors, another that takes its lease, its operator, and the other wallet. */
export async function race(stage: Stage, racers: readonly Racer[]): Promise<void> {
  const { house, ledger, parts } = stage;
  await calm(stage);
  const before = ledger.seen;
  const requests: Request[] = [];
  let sameCycle = false;
  // What is shared is spend.
  const buys = stage.fellow !== null;
  for (const { does, part, type } of racers) {
    const wish = does === "signs" ? await stage.loot.wish(smallWish(type, part), parts.limits.max_single_trade_usd) : null;
    const actions = wish ? [wish.action] : await stage.honest(part, buys);
    if (!actions) return;
    requests.push(await stage.next(actions, sameCycle));
    if (wish) stage.asked.push({ request: requests.at(-1) ?? neverEmpty(), wish });
    sameCycle = true;
  }
  const [first = neverEmpty()] = requests;
  // Everybody has a cycle already: what comes at once is what each asks for.
  const fellows = racers.find(({ does }) => does === "fellow");
  const fellow = fellows ? await fellowAsks(stage, fellows.part, buys) : null;
  const sent = parts.proxy.sent.length;
  const both = fellow !== null && racers.some(({ does }) => OWN.includes(does));
  const opens = both ? judgedTogether(stage) : () => undefined;
  const ended = await Promise.allSettled(
    racers.map((one, i) => runs(stage, one, { own: requests[i] ?? first, first, fellow }).finally(opens)),
  );
  parts.proxy.rest();
  const come = ended.map((one, i): Ended => {
    if (one.status === "fulfilled") return one.value;
    holds(isLost(one.reason), `${racers[i]?.does} at once with others: ${String(one.reason)}`);
    return null;
  });
  for (const [i, { does }] of racers.entries()) {
    const answer = come[i]?.answer;
    const allowed = answer !== undefined && answer.kind !== "refused";
    stage.count(`race:${does}`, allowed);
    const wish = does === "signs" ? stage.asked.find(({ request }) => request === requests[i])?.wish : undefined;
    if (wish && answer?.signature !== undefined) stage.loot.add(wish, answer.signature);
  }
  const keys = come.flatMap((one, i) => (one?.answer.key && same(racers[i], i) ? [one.answer.key] : []));
  holds(new Set(keys).size <= 1, "one request came out as two");
  holdOnce(asksOf(stage, racers), requests, parts.proxy.sent.slice(sent));
  if (house.opened.stream.state.stopped) await parts.governed.operator.unfreeze("on it goes");
  if (come.some((one) => one?.does === "usurps")) await isFenced(stage, first);
  stage.forgetSession();
  const through = come.filter((one) => one !== null && one.answer.kind !== "refused").length;
  const cycles = new Set(asksOf(stage, racers).filter((one) => typeof one === "string")).size + 1;
  const spent = await stage.cashGoneSince(before);
  holds(spent.lte(cycles * parts.limits.max_single_trade_usd), `${spent.toFixed(2)} in ${cycles} cycles at once`);
  await stage.look(Math.max(1, through));
  stage.wasAgreed(spent, Math.max(1, through));
}

/** Whoever repeats a request, and through which door: the calls of each request are of one nonce. */
function holdOnce(asks: readonly Asked[], requests: readonly Request[], sent: readonly string[]): void {
  const [data] = requests.map(lastCall);
  if (data === undefined) return;
  const alike = new Set(asks.filter((one, i) => one === 0 || lastCall(requests[i]) === data));
  alike.delete(null);
  const calls = sent.map((bytes) => parseTransaction(bytes as Hex)).filter((one) => one.data === data);
  holds(new Set(calls.map(({ nonce }) => nonce)).size <= alike.size, "a request that was repeated was signed twice");
}

/** What it is for: an approval before it may be another wallet's too, byte for byte. */
function lastCall(request: Request | undefined): Hex | undefined {
  const action = request?.actions.at(-1);
  return action !== undefined && "call" in action ? action.call.data : undefined;
}

/** A request: by whose it is, or by a name where it is of a cycle of its own. Null: none that is the wallet's. */
type Asked = number | string | null;

/** Which request each racer asks for, however alike they are. */
function asksOf({ fellow }: Stage, racers: readonly Racer[]): readonly Asked[] {
  return racers.map(({ does, door }, i) => {
    if (does === "repeats") return 0;
    // A fellow that is not there is one more of the same.
    if (does === "trades" || (does === "fellow" && !fellow)) return door === "json-rpc" ? `json-rpc ${i}` : i;
    return does === "usurps" ? `usurps ${i}` : null;
  });
}

/** What the first wallet asks for: where nobody does, the other has nobody to be judged with. */
const OWN: readonly Racer["does"][] = ["trades", "signs", "repeats", "usurps"];

/** What a gateway asks a node for last before it judges. */
const SIMULATES = ["eth_simulateV1", "debug_traceCall", "eth_createAccessList"];

/** The node keeps two wallets waiting for each other, so that both are judged at once. Gives what lets them go. */
function judgedTogether({ parts }: Stage): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const come = new Set<boolean>();
  parts.proxy.meddle(async ({ method, params }): Promise<"forward"> => {
    if (!SIMULATES.includes(method)) return "forward";
    come.add(JSON.stringify(params).toLowerCase().includes(FELLOW.slice(2)));
    if (come.size === 2) resolve();
    await promise;
    return "forward";
  }, SIMULATES);
  return resolve;
}

function same(racer: Racer | undefined, i: number): boolean {
  return racer?.does === "repeats" || (i === 0 && racer?.does === "trades" && racer.door !== "json-rpc");
}

async function runs(
  stage: Stage,
  { does, part, door }: Racer,
  { own, first, fellow }: { readonly own: Request; readonly first: Request; readonly fellow: Request | null },
): Promise<Ended> {
  const { opened, world } = stage.house;
  switch (does) {
    case "settles":
      await opened.gateway.settle(opened.wallet);
      return null;
    case "looks":
      await Promise.all([opened.gateway.preview(own), opened.gateway.state(opened.wallet)]);
      return null;
    case "freezes":
      await stage.parts.governed.operator.freeze("to be sure");
      return null;
    case "pushes":
      stage.disturbed = true;
      await BETWEEN.push(world, part);
      return null;
    case "usurps":
      return { does, answer: await usurps(stage, own) };
    case "repeats":
      return { does, answer: await stage.doors.request(door === "json-rpc" ? "socket" : door, first) };
    case "fellow":
      // Two of them are one that asks twice.
      if (stage.fellow) return fellow && { does, answer: await stage.fellow.wallet.opened.gateway.request(fellow) };
  }
  return { does, answer: await stage.doors.request(door, own) };
}

/** Another agent's process takes the lease, and asks for the same. */
async function usurps(stage: Stage, { wallet, actions }: Request): Promise<Outcome> {
  const client = await stage.doors.stranger();
  try {
    const session = await client.open(wallet);
    return await client.request({ wallet, ...session, step: 1, actions });
  } finally {
    client.close();
  }
}

/** Whoever lost the lease asks for nothing more. */
async function isFenced({ house }: Stage, { actions, ...session }: Request): Promise<void> {
  const late = { ...session, step: LATE_STEP, actions };
  const told = await house.opened.gateway.request(late).then(
    ({ kind }) => kind,
    (error) => (error instanceof MandateError ? error.code : String(error)),
  );
  holds(LOST.includes(told), `who lost the lease was told ${told}`);
}

/** A step that nobody has asked for. */
const LATE_STEP = 900;

/** What the other wallet of the fleet asks for, in a cycle of its own. Null: there is none, or it has too little. */
async function fellowAsks({ fellow, parts: { limits } }: Stage, part: number, buys = false): Promise<Request | null> {
  if (!fellow) return null;
  const { gateway, wallet } = fellow.wallet.opened;
  await gateway.settle(wallet);
  const session = await gateway.open(wallet);
  const { seen } = fellow.ledger;
  const actions = await honestTrade(fellow.wallet, part, limits, seen, { recipient: FELLOW, buys });
  return actions && { wallet, ...session, step: 1, actions: actions as Request["actions"] };
}

/** The other wallet trades. Null: there is none, or it has too little. */
export async function fellowTrades(stage: Stage, part: number): Promise<Outcome | null> {
  const request = await fellowAsks(stage, part);
  return request && (stage.fellow?.wallet.opened.gateway.request(request) ?? null);
}

/** A question, a yes, and what was agreed to: once, and no more. Where nobody is asked it is two trades. */
export async function asked(stage: Stage, { part, worse }: { readonly part: number; readonly worse: boolean }): Promise<void> {
  await calm(stage);
  const actions = await stage.honest(part);
  if (!actions) return;
  const trade = async (): Promise<Answer> => {
    const request = await stage.next(actions);
    const { seen: before } = stage.ledger;
    const answer = await stage.house.opened.gateway.request(request);
    await stage.judge(answer, { what: "asked", before, squeezed: false });
    await stage.look();
    return answer;
  };
  const first = await trade();
  const { operator } = stage.parts.governed;
  const open = first.kind === "refused" ? (await operator.permits()).find(({ status }) => status === "open") : undefined;
  if (!open) return;
  await operator.approve(open.id);
  stage.grants += 1;
  if (worse) {
    stage.disturbed = true;
    await BETWEEN.push(stage.house.world, 1);
    await stage.look();
  }
  const second = await trade();
  stage.count(worse ? "grant used in a worse market" : "grant used", second.kind !== "refused");
  // Not again: what is let through now has to be agreed to anew.
  await trade();
}

/** Somebody with a copy of the key uses it: the gateway's next signature would be its last. */
export async function strangerSigns(stage: Stage): Promise<void> {
  const { world, opened } = stage.house;
  await opened.gateway.settle(opened.wallet);
  if (opened.stream.state.open.length > 0 || opened.stream.state.stopped) return;
  const actions = await stage.honest(60);
  if (!actions) return;
  await byHand(world);
  stage.byHand = true;
  const sent = stage.parts.proxy.sent.length;
  const through = await stage
    .next(actions)
    .then((request) => opened.gateway.request(request))
    .then(
      ({ kind }) => kind !== "refused",
      (error) => {
        if (!isLost(error)) throw error;
        return false;
      },
    );
  stage.count("by-hand", through);
  holds(!through && stage.parts.proxy.sent.length === sent, "a key that somebody else uses signed");
}

/** Nothing is in flight, the pools are where the truth is, and what waits between two trades is over. */
async function calm(stage: Stage): Promise<void> {
  const { world, opened } = stage.house;
  stage.parts.proxy.rest();
  if (opened.stream.state.open.length > 0) await opened.gateway.settle(opened.wallet);
  await letGoLate(world, PATIENCE);
  await stage.look();
}

function smallWish(type: Racer["type"], part: number) {
  const common = { do: "sign", fate: "mined", door: "typed", to: PAYEE } as const;
  return { ...common, type, usd: part * 5, symbol: "USDC" as const, seconds: 240, again: false };
}

function isLost(error: unknown): boolean {
  if (error instanceof ConnectError) return true;
  return error instanceof MandateError && LOST.includes(error.code);
}

function neverEmpty(): never {
  throw new InvariantError("nobody came");
}
