import type { Message } from "@earendil-works/pi-ai";
import type { Clock, Instant } from "../../core/clock.ts";
import { canonicalJson, type Json, toJson } from "../../core/json.ts";
import type { Gateway, GatewayState, WalletId } from "../../gateway/contract.ts";
import type { ToolModel } from "../../llm/model-turn.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { LOOP_DEFAULTS } from "../../mandate/to-brief.ts";
import { Bundles } from "../../tools/bundles.ts";
import type { Tool } from "../../tools/tool.ts";
import type { PriceHistoryReads, StateStore } from "../../tools/tool-context.ts";
import { ToolDesk } from "../../tools/tool-desk.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import { reservations } from "../call-note.ts";
import type { Decider, Decision, Hands } from "../decider.ts";
import { openPromptKit } from "../prompt/prompt-kit.ts";
import { openStrategyDesk } from "../strategies/open-strategy-desk.ts";
import { promptTexts } from "../structured/prompt-texts.ts";
import { wantsStronger } from "../structured/wants-stronger.ts";
import { compacted } from "./compact-session.ts";
import { END_CYCLE } from "./end-cycle.ts";
import { LoopCycle, type LoopEnd } from "./loop-cycle.ts";
import type { LoopShell } from "./loop-shell.ts";
import { FOLLOW_STRATEGY, loopStrategy } from "./loop-strategy.ts";
import { type CycleBefore, openingText } from "./opening.ts";

/** What a venue gives an agent with tools. */
export interface Toolset<I extends Intent = Intent, S extends Observation = Observation> {
  readonly tools: readonly Tool<I, S>[];
  readonly history: PriceHistoryReads;
}

export interface LoopDeciderParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly model: ToolModel;
  readonly venue: Venue<I, S>;
  readonly toolset: Toolset<I, S>;
  /** Reads and previews. What moves money goes through the cycle's hands. */
  readonly gateway: Pick<Gateway, "state" | "preview">;
  readonly wallet: WalletId;
  readonly clock: Clock;
  /** What the agent keeps from one cycle to the next. */
  readonly store: StateStore;
  /** Calls within the last minute, made in an earlier life. */
  readonly calledAt?: readonly Instant[];
  /** Commands, in their sandbox. Left out: typed tools only. */
  readonly shell?: LoopShell;
}

/**
 * A model that works with tools until it ends the cycle, or the cycle's limits do. It has no more power than any other decider: what it
 * does goes one road, and every message, call, result and cost is on the record.
 *
 * @throws {FileProblemsError} when a prompt or strategy file that the mandate names is wrong.
 * @throws {UsageError} when one cannot be read.
 */
export function loopDecider<I extends Intent, S extends Observation>(parameters: LoopDeciderParameters<I, S>): Decider<I, S> {
  const { mandate, model, venue, toolset, gateway, wallet, clock, store, shell, calledAt } = parameters;
  const { brief, terms } = mandate;
  const limits = brief.loop ?? LOOP_DEFAULTS;
  const template = brief.prompt?.template ?? "default";
  const kit = openPromptKit(
    { variables: {}, partials: {}, ...brief.prompt, template: template === "default" ? "loop" : template },
    brief.folder,
  );
  const owner = { wallet, network: terms.network, agent: terms.id };
  const desk = new ToolDesk<I, S>({
    tools: [...toolset.tools, ...(shell?.tools ?? [])],
    ...(calledAt ? { calledAt } : {}),
  });
  const strategies = openStrategyDesk(brief.strategies, brief.folder);
  const strategy = strategies && loopStrategy<I, S>(strategies, venue);
  const reserveBy = reservations();
  let before: CycleBefore = "none";
  let session: readonly Message[] = [];

  const decide = async (seen: S, hands: Hands<I>): Promise<LoopEnd> => {
    const { state, settled = [], because = "", dryRun = false, signal } = hands;
    if (state.following) strategies?.resume(state.following);
    const asked = promptTexts({
      ...{ kit, mandate, intents: [], shorts: false, seen, state },
      strategies: strategies?.listed(seen) ?? [],
      following: strategies?.following ?? null,
      followTool: FOLLOW_STRATEGY,
    });
    const texts = { ...asked, answer: HOW_TO_WORK };
    const workspace = shell && !dryRun ? await shell.prepare(state) : null;
    const opening = openingText({
      now: kit.now(texts),
      because,
      before,
      settled,
      state,
      following: strategies === null ? undefined : strategies.following,
      saved: await savedIn(store),
      workspace,
      dryRun,
    });
    before = "cut-off";
    const cycle = new LoopCycle<I, S>({
      system: kit.stable(texts),
      opening,
      session,
      limits,
      model,
      desk,
      hands,
      clock,
      reserve: reserveBy((notes) => hands.note(notes)),
      stronger: brief.model.escalate ? wantsStronger(brief.model.escalate, seen, state) : null,
      context: {
        ...{ mandate, venue, gateway, wallet, clock, store, dryRun },
        history: toolset.history,
        bundles: new Bundles<I>(owner),
        ...(strategy ? { heldBack: strategy.heldBack } : {}),
        ...(signal ? { signal } : {}),
      },
      own: strategy ? [strategy.tool] : [],
      // In a dry run nothing may be sent, and a command could send.
      without: dryRun ? (shell?.tools ?? []).map(({ name }) => name) : [],
    });
    const end = await cycle.run();
    before = "ended";
    session = limits.session === "kept" ? compacted(cycle.messages, limits.keep, await clock.now()) : [];
    return end;
  };

  return {
    async decide(seen, hands): Promise<Decision<I>> {
      const { sent, shellUsed, why, code } = await decide(seen, hands);
      const acted = sent || (shellUsed && standing(await gateway.state(wallet)) !== standing(hands.state));
      return { kind: acted ? "acted" : "hold", why, code };
    },
  };
}

/** Where a template says how to answer. */
const HOW_TO_WORK = `Work by calling tools, and call \`${END_CYCLE}\` with what you did and why. Words alone do nothing.`;

/** What was saved, or why it cannot be read: an agent that has forgotten must know that it has. */
async function savedIn(store: StateStore): Promise<Json> {
  try {
    return await store.load();
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : "unknown" };
  }
}

/** What requests have changed, whoever made them. */
function standing({ open, recent }: GatewayState): string {
  return canonicalJson(toJson([open.map(({ key }) => key), recent.filter(({ kind }) => kind !== "refused")]));
}
