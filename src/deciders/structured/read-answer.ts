import { z } from "zod";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { checkTargets, holdingKey, type Target, TargetsError } from "../../planning/targets.ts";
import type { AssetId } from "../../protocols/effects.ts";
import { type Intent, IntentError, type Observation, type Venue } from "../../venues/venue.ts";
import type { Decision } from "../decider.ts";
import type { ModelAnswer } from "./answer.ts";

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
  account: z.string(),
  asset: z.string(),
  weight: z.union([z.string(), z.number()]).transform(String),
});

/**
 * What a valid answer means. Items that mean nothing here are dropped with a reason; targets with a dropped item,
 * or that do not hold together, are a hold, since a part of an allocation is another allocation.
 */
export function readAnswer<I extends Intent>(
  answer: ModelAnswer,
  seen: Observation,
  venue: Pick<Venue<I>, "readIntent">,
): ReadAnswer<I> {
  const hasTargets = (answer.targets?.length ?? 0) > 0;
  const hasIntents = (answer.intents?.length ?? 0) > 0;
  if (answer.decision === "hold") {
    const remarks = hasTargets || hasIntents ? ["the answer holds; the items beside it are ignored"] : [];
    return { decision: hold(answer.why, null), dropped: [], remarks };
  }
  const remarks = hasTargets && hasIntents ? ["the answer has targets and intents; the targets are taken"] : [];
  if (hasTargets) return { ...readTargets({ ...answer, why: [answer.why, ...remarks].join("; ") }, seen), remarks };
  if (hasIntents) return { ...readIntents(answer, venue), remarks };
  return { decision: hold(`the answer says ${answer.decision} and gives none`, "NOTHING_GIVEN"), dropped: [], remarks };
}

function readTargets({ targets, why }: ModelAnswer, seen: Observation) {
  const known = new Set(
    seen.holdings.filter(({ role }) => role !== "gas").map(({ account, asset }) => holdingKey(account, asset)),
  );
  const taken = new Set<string>();
  const kept: Target[] = [];
  const dropped: Dropped[] = [];
  for (const item of targets ?? []) {
    const target = readTarget(item);
    const key = typeof target === "string" ? "" : holdingKey(target.account, target.asset);
    if (typeof target === "string") dropped.push(drop(item, target));
    else if (!known.has(key)) dropped.push(drop(item, `${target.asset} in ${target.account} is no holding of this mandate`));
    else if (taken.has(key)) dropped.push(drop(item, `${target.asset} has a weight already`));
    else {
      taken.add(key);
      kept.push(target);
    }
  }
  if (dropped.length > 0) {
    const reasons = dropped.map(({ reason }) => reason).join("; ");
    return { decision: hold(`an item of the targets was dropped: ${reasons}`, "TARGETS_NOT_VALID"), dropped };
  }
  try {
    checkTargets(kept, known);
  } catch (error) {
    if (!(error instanceof TargetsError)) throw error;
    return { decision: hold(`${error.message}. ${error.remedy ?? ""}`.trim(), error.code), dropped };
  }
  return { decision: { kind: "targets" as const, targets: kept, why }, dropped };
}

/** The target, or why it is none. */
function readTarget(item: unknown): Target | string {
  const read = targetItem.safeParse(item);
  if (!read.success) return "not { account, asset, weight }";
  const { account, asset } = read.data;
  const weight = plainDecimal(read.data.weight);
  return weight === null
    ? `the weight ${JSON.stringify(read.data.weight)} is no plain number`
    : { account, asset: asset as AssetId, weight };
}

function plainDecimal(text: string): Decimal | null {
  return /^-?\d{1,12}(\.\d{1,40})?$/.test(text.trim()) ? decimal(text.trim()) : null;
}

function readIntents<I extends Intent>({ intents, why }: ModelAnswer, venue: Pick<Venue<I>, "readIntent">) {
  const kept: I[] = [];
  const dropped: Dropped[] = [];
  for (const item of intents ?? []) {
    try {
      kept.push(venue.readIntent(item));
    } catch (error) {
      if (!(error instanceof IntentError)) throw error;
      dropped.push(drop(item, error.message));
    }
  }
  const [first, ...rest] = kept;
  if (!first) {
    return {
      decision: hold(`no intent is left: ${dropped.map(({ reason }) => reason).join("; ")}`, "INTENT_NOT_VALID"),
      dropped,
    };
  }
  return { decision: { kind: "intents" as const, intents: [first, ...rest] as const, why }, dropped };
}

function hold(why: string, code: string | null) {
  return { kind: "hold" as const, why, code };
}

function drop(item: unknown, reason: string): Dropped {
  return { item: (JSON.stringify(item) ?? String(item)).slice(0, 200), reason };
}
