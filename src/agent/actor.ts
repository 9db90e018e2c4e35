import { type Clock, SECOND } from "../core/clock.ts";
import { toJson } from "../core/json.ts";
import type { Gateway, Outcome, Request, WalletId } from "../gateway/contract.ts";
import type { Verdict } from "../mandate/verdict.ts";
import { type Intent, IntentError, type Observation, type Venue } from "../venues/venue.ts";
import type { EventBody } from "./events.ts";
import type { Spans } from "./spans.ts";
import { awaitsOrders, stillWaits } from "./still-waits.ts";

/** What one intent came to. */
export type Attempt =
  /** `waits`: nothing more may be asked for until it is known what came of it. */
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly waits: boolean }
  | { readonly kind: "previewed"; readonly verdict: Verdict }
  | { readonly kind: "unsayable"; readonly error: IntentError };

export interface ActorParameters<I extends Intent, S extends Observation> {
  readonly gateway: Gateway;
  readonly venue: Venue<I, S>;
  readonly clock: Clock;
  readonly spans: Spans;
  readonly wallet: WalletId;
  readonly lease: number;
  readonly cycle: number;
  readonly dryRun: boolean;
  /** Longest wait for one request's outcome before the cycle goes on without it, in milliseconds. */
  readonly patience: number;
  readonly emit: (body: EventBody<I>) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** The one road from an intent to its outcome, for one cycle: compile, request, settle. Numbers the requests. */
export class Actor<I extends Intent, S extends Observation> {
  readonly #with: ActorParameters<I, S>;
  #step = 0;
  #actions = 0;

  constructor(parameters: ActorParameters<I, S>) {
    this.#with = parameters;
  }

  /** Actions requested in this cycle so far. */
  get actions(): number {
    return this.#actions;
  }

  /** Everything but a gateway error is a value. */
  async attempt(intent: I, seen: S): Promise<Attempt> {
    const { gateway, venue, spans, wallet, lease, cycle, dryRun, emit } = this.#with;
    let actions: Request["actions"];
    try {
      actions = venue.compile(intent, seen);
    } catch (error) {
      if (!(error instanceof IntentError)) throw error;
      await gateway.note(wallet, [{ kind: "unsayable", intent: toJson(intent), error: toJson(error) }]);
      await emit({ kind: "unsayable", intent, error });
      return { kind: "unsayable", error };
    }
    const request: Request = { wallet, lease, cycle, step: ++this.#step, actions };
    this.#actions += actions.length;
    if (dryRun) {
      const verdict = await spans.run("preview", () => gateway.preview(request));
      if (verdict.kind === "allow") await emit({ kind: "allowed", intent, dryRun, left: verdict.left });
      else await emit({ kind: "refused", intent, dryRun, verdict });
      return { kind: "previewed", verdict };
    }
    const asked = await spans.run("request", () => gateway.request(request));
    if (asked.kind === "refused") {
      await emit({ kind: "refused", intent, dryRun, verdict: asked.verdict });
      return { kind: "outcome", outcome: asked, waits: false };
    }
    await emit({ kind: "allowed", intent, dryRun, left: (await gateway.state(wallet)).budgets });
    const { outcome, waits } = await spans.run("settle", () => this.#settled(request, asked));
    if (outcome.kind !== "refused") await emit({ kind: "done", intent, outcome });
    return { kind: "outcome", outcome, waits };
  }

  /** Looks until the request is open no more or rests at the venue, or patience ends. */
  async #settled(request: Request, asked: Outcome): Promise<{ readonly outcome: Outcome; readonly waits: boolean }> {
    const { gateway, wallet, venue, clock, patience, signal } = this.#with;
    let outcome = asked;
    const until = (await clock.now()) + patience;
    while (outcome.kind === "open") {
      const [found] = (await gateway.settle(wallet, asked.key)).filter(({ key }) => key === asked.key);
      // Somebody else may have settled it meanwhile: repeating a request only tells its recorded outcome.
      outcome = found ?? (await gateway.request(request));
      if (outcome.kind !== "open") break;
      if (awaitsOrders(outcome) && !stillWaits(outcome, await venue.observe())) return { outcome, waits: false };
      const now = await clock.now();
      if (now >= until || signal?.aborted) break;
      await clock.sleep(Math.min(now + SECOND, until), signal);
    }
    return { outcome, waits: outcome.kind === "open" || outcome.kind === "unresolved" };
  }
}
