import { type Clock, SECOND } from "../core/clock.ts";
import type { Gateway, Outcome, WalletId } from "../gateway/contract.ts";
import type { Mandate } from "../mandate/terms.ts";
import { Bundles } from "../tools/bundles.ts";
import type { PriceHistoryReads, StateStore, ToolContext } from "../tools/tool-context.ts";
import type { Intent, Observation, Venue } from "../venues/venue.ts";
import { Actor } from "./actor.ts";
import { noSpans } from "./spans.ts";

/** Longest wait for one request's outcome. */
const PATIENCE = 60 * SECOND;

export interface ToolSessionParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly venue: Venue<I, S>;
  readonly gateway: Gateway;
  readonly wallet: WalletId;
  readonly clock: Clock;
  readonly history: PriceHistoryReads;
  readonly store: StateStore;
  readonly signal?: AbortSignal;
}

/**
 * Tools outside of an agent's cycles: for MCP and for `ax`. Whatever is done settles what is open and opens a cycle of its
 * own, so that rates and cooldowns count calls; whoever held the lease is fenced. Reading opens nothing.
 */
export function toolSession<I extends Intent, S extends Observation>(parameters: ToolSessionParameters<I, S>): ToolContext<I, S> {
  const { mandate, venue, gateway, wallet, clock, history, store, signal } = parameters;
  let last: Promise<unknown> = Promise.resolve();

  const opened = async (): Promise<Actor<I, S>> => {
    await gateway.settle(wallet);
    const { lease, cycle } = await gateway.open(wallet);
    return new Actor<I, S>({
      ...{ gateway, venue, clock, wallet, lease, cycle, spans: noSpans, dryRun: false, patience: PATIENCE },
      emit: async () => undefined,
      ...(signal ? { signal } : {}),
    });
  };

  const act = async (intents: readonly I[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    const hands = await opened();
    for (const intent of intents) {
      if (signal?.aborted) break;
      const attempt = await hands.attempt(intent, await venue.observe());
      if (attempt.kind === "unsayable") throw attempt.error;
      if (attempt.kind !== "outcome") continue;
      outcomes.push(attempt.outcome);
      if (attempt.outcome.kind === "open" || attempt.outcome.kind === "unresolved") break;
      if (attempt.outcome.kind === "rejected") await takeBack(hands);
    }
    return outcomes;
  };

  /** What failed half-way may have left an allowance, and none outlasts the call. */
  const takeBack = async (hands: Actor<I, S>) => {
    for (const intent of venue.revokes(await venue.observe())) {
      const attempt = await hands.attempt(intent, await venue.observe());
      if (attempt.kind !== "outcome" || attempt.outcome.kind !== "confirmed") break;
    }
  };

  return {
    mandate,
    venue,
    gateway: {
      state: (id) => gateway.state(id),
      // What is done next is done in a cycle that is not open yet: by that one its limits are told.
      preview: (request) => gateway.preview({ ...request, cycle: request.cycle + 1 }),
    },
    wallet,
    clock,
    history,
    store,
    bundles: new Bundles<I>({ wallet, network: mandate.terms.network, agent: mandate.terms.id }),
    act(intents) {
      const result = last.then(() => act(intents));
      last = result.then(
        () => undefined,
        () => undefined,
      );
      return result;
    },
    note: (notes) => gateway.note(wallet, notes),
    ...(signal ? { signal } : {}),
  };
}
