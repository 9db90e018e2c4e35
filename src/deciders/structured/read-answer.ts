import { z } from "zod";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { checkTargets, type Target, TargetsError } from "../../planning/targets.ts";
import { type Intent, IntentError, type Observation, type Venue } from "../../venues/venue.ts";
import type { Decision } from "../decider.ts";
import type { ModelAnswer } from "./answer.ts";
import { keyOf, nameHolding } from "./name-holding.ts";
import { numbersAsText, plainAction } from "./plain-action.ts";

/** An item that was left out of an answer, and why. */
export interface Dropped {
  /** The item as it came, cut at 200 characters. */
  readonly item: string;
  readonly reason: string;
}

export interface ReadAnswer<I extends Intent> {
  readonly decision: Decision<I>;
  readonly dropped: readonly Dropped[];
  /** What else was made of the answer, one sentence each. */
  readonly remarks: readonly string[];
}

const targetItem = z.strictObject({
  account: z.string().nullish(),
  asset: z.string(),
  weight: z.union([z.string(), z.number()]).transform(String),
});

/**
 * What a valid answer means. Items that mean nothing here are dropped with a reason; targets with a dropped item,
 * or that do not hold together, are a hold, since a part of an allocation is another allocation. An answer that says
 * that it is an error is a decision that failed.
 */
export function readAnswer<I extends Intent, S extends Observation>(
  answer: ModelAnswer,
  seen: S,
  venue: Pick<Venue<I, S>, "readIntent" | "vocabulary">,
): ReadAnswer<I> {
  if (answer.error !== null) return { decision: hold(answer.error, "MODEL_SAYS_ERROR"), dropped: [], remarks: [] };
  const hasTargets = (answer.targets?.length ?? 0) > 0;
  const hasIntents = (answer.intents?.length ?? 0) > 0;
  if (answer.decision === "hold") {
    const remarks = hasTargets || hasIntents ? ["the answer holds; the items beside it are ignored"] : [];
    return { decision: hold(answer.why, null), dropped: [], remarks };
  }
  const remarks = hasTargets && hasIntents ? ["the answer has targets and intents; the targets are taken"] : [];
  if (hasTargets) return { ...readTargets({ ...answer, why: [answer.why, ...remarks].join("; ") }, seen, venue), remarks };
  if (hasIntents) return { ...readIntents(answer, seen, venue), remarks };
  return { decision: hold(`the answer says ${answer.decision} and gives none`, "NOTHING_GIVEN"), dropped: [], remarks };
}

function readTargets<I extends Intent, S extends Observation>(
  { targets, why }: ModelAnswer,
  seen: S,
  { vocabulary }: Pick<Venue<I, S>, "vocabulary">,
) {
  const known = new Set(seen.holdings.filter(({ role }) => role !== "gas").map(keyOf));
  const taken = new Set<string>();
  const kept: Target[] = [];
  const dropped: Dropped[] = [];
  for (const item of targets ?? []) {
    const target = readTarget(item);
    if (typeof target === "string") {
      dropped.push(drop(item, target));
      continue;
    }
    const named = nameHolding(seen.holdings, target);
    if (!named) {
      const where = target.account === null ? "" : ` in ${target.account}`;
      dropped.push(drop(item, `${target.asset}${where} is no holding of this mandate`));
    } else if (taken.has(keyOf(named))) dropped.push(drop(item, `${named.asset} has a weight already`));
    else {
      taken.add(keyOf(named));
      kept.push({ account: named.account, asset: named.asset, weight: target.weight });
    }
  }
  if (dropped.length > 0) {
    const reasons = dropped.map(({ reason }) => reason).join("; ");
    return { decision: hold(`an item of the targets was dropped: ${reasons}`, "TARGETS_NOT_VALID"), dropped };
  }
  try {
    checkTargets(kept, known, vocabulary?.may?.(seen));
  } catch (error) {
    if (!(error instanceof TargetsError)) throw error;
    return { decision: hold(`${error.message}. ${error.remedy ?? ""}`.trim(), error.code), dropped };
  }
  return { decision: { kind: "targets" as const, targets: kept, why }, dropped };
}

interface ReadTarget {
  readonly account: string | null;
  readonly asset: string;
  readonly weight: Decimal;
}

/** The target, or why it is none. */
function readTarget(item: unknown): ReadTarget | string {
  const read = targetItem.safeParse(item);
  if (!read.success) return twice(item) ?? "not { account, asset, weight }";
  const { account, asset } = read.data;
  const weight = plainDecimal(read.data.weight);
  return weight === null
    ? `the weight ${JSON.stringify(read.data.weight)} is no plain number`
    : { account: account ?? null, asset: asset.trim(), weight };
}

function plainDecimal(text: string): Decimal | null {
  return /^-?\d{1,12}(\.\d{1,40})?$/.test(text.trim()) ? decimal(text.trim()) : null;
}

function readIntents<I extends Intent, S extends Observation>(
  { intents, why }: ModelAnswer,
  seen: S,
  venue: Pick<Venue<I, S>, "readIntent">,
) {
  const marketOf = (asset: string) => nameHolding(seen.holdings, { account: null, asset })?.asset ?? null;
  const kept: I[] = [];
  const dropped: Dropped[] = [];
  for (const item of intents ?? []) {
    const plain = plainAction(item, marketOf);
    if (plain.kind === "bad") dropped.push(drop(item, twice(item) ?? plain.reason));
    if (plain.kind !== "action") continue;
    // Counts are JSON numbers and amounts are text: a number where text belongs is read as what it shows.
    const read = tryRead(venue, plain.item);
    const intent = read instanceof IntentError ? tryRead(venue, numbersAsText(plain.item)) : read;
    if (intent instanceof IntentError) dropped.push(drop(item, twice(item) ?? intent.message));
    else kept.push(intent);
  }
  const [first, ...rest] = kept;
  if (first) return { decision: { kind: "intents" as const, intents: [first, ...rest] as const, why }, dropped };
  if (dropped.length === 0) return { decision: hold(why, null), dropped };
  const reasons = dropped.map(({ reason }) => reason).join("; ");
  return { decision: hold(`no intent is left: ${reasons}`, "INTENT_NOT_VALID"), dropped };
}

function tryRead<I extends Intent, S extends Observation>(
  venue: Pick<Venue<I, S>, "readIntent">,
  item: Readonly<Record<string, unknown>>,
): I | IntentError {
  try {
    return venue.readIntent(item);
  } catch (error) {
    if (error instanceof IntentError) return error;
    throw error;
  }
}

/** Says of an item that a key of it stands there twice. */
function twice(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const key = Object.entries(item).find(
    ([, value]) => typeof value === "object" && value !== null && Object.hasOwn(value, "written_twice"),
  )?.[0];
  return key === undefined ? undefined : `${key} is written twice`;
}

function hold(why: string, code: string | null) {
  return { kind: "hold" as const, why, code };
}

function drop(item: unknown, reason: string): Dropped {
  return { item: (JSON.stringify(item) ?? String(item)).slice(0, 200), reason };
}
