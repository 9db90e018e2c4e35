import { type Instant, MINUTE } from "../../core/clock.ts";
import type { WalletState } from "../../journal/fold-wallet.ts";
import type { Verdict } from "../../mandate/verdict.ts";
import type { Action } from "../../protocols/effects.ts";
import type { Gateway, Outcome, Request, WalletId } from "../contract.ts";
import { GatewayError } from "../gateway-error.ts";
import type { Door } from "../quotas.ts";

/** How long a cycle that nobody else uses is kept before the next send opens another. */
const CYCLE_AGE = 5 * MINUTE;
/** Steps from here on are the endpoint's. An agent counts its own from 1. */
const FIRST_STEP = 1_000_000;
/** How often a send is tried again when an agent opens a cycle under it. */
const TRIES = 5;

/** A gateway that counts what comes in by JSON-RPC apart. */
export interface GatewayWithDoors extends Gateway {
  preview(request: Request, door?: Door): Promise<Verdict>;
  request(request: Request, door?: Door): Promise<Outcome>;
}

export interface CurrentCycleParameters {
  readonly gateway: GatewayWithDoors;
  readonly wallet: WalletId;
  /** The wallet's stream as the gateway in this process folds it. */
  readonly stream: { readonly state: WalletState };
  /** The gateway's own clock. */
  readonly now: () => Promise<Instant>;
}

export type Sent =
  | { readonly recorded: true; readonly outcome: Outcome }
  | { readonly recorded: false; readonly verdict: Verdict };

/**
 * One-action requests from clients that know nothing of leases, cycles and steps.
 *
 * They join the cycle that the agent has open, as steps of their own, so that nobody is fenced and the cycle's limits
 * bind both together. Where nobody is at work, a cycle is opened for them, and another when that one has grown old.
 */
export class CurrentCycle {
  readonly #with: CurrentCycleParameters;
  /** When the newest cycle was last used by somebody else, or was opened here. */
  #used: Instant;
  /** How far the stream went when the last send had ended: what follows is somebody else's. */
  #seen: number;
  /** Calls of an agent that are under way. */
  readonly #underWay = new Set<Promise<unknown>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parameters: CurrentCycleParameters) {
    this.#with = parameters;
    this.#used = parameters.stream.state.at;
    this.#seen = parameters.stream.state.seq;
  }

  /** The gateway as the agent is given it: its calls show that its cycle is alive. */
  readonly agent: Gateway = {
    open: (wallet) => this.#alive(this.#with.gateway.open(wallet)),
    state: (wallet) => this.#with.gateway.state(wallet),
    preview: (request) => this.#alive(this.#with.gateway.preview(request)),
    request: (request) => this.#alive(this.#with.gateway.request(request)),
    settle: (wallet, key) => this.#with.gateway.settle(wallet, key),
    note: (wallet, notes) => this.#alive(this.#with.gateway.note(wallet, notes)),
  };

  /** What the gateway would say of it. Nothing is recorded. */
  async preview(action: Action): Promise<Verdict> {
    return this.#with.gateway.preview(this.#request(action), "json-rpc");
  }

  /**
   * Requests it. A denial that the gateway answered without putting it on record is told as such.
   *
   * @throws {GatewayError}
   */
  send(action: Action): Promise<Sent> {
    const result = this.#turn.then(() => this.#send(action));
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #send(action: Action): Promise<Sent> {
    try {
      const now = await this.#with.now();
      await this.#freshen(now);
      return await this.#requested(action);
    } finally {
      this.#seen = this.#with.stream.state.seq;
    }
  }

  async #requested(action: Action): Promise<Sent> {
    for (let tries = 1; ; tries += 1) {
      try {
        const request = this.#request(action);
        const outcome = await this.#with.gateway.request(request, "json-rpc");
        const { asked } = this.#with.stream.state;
        if (outcome.kind === "refused" && asked.get(request.step)?.key !== outcome.key) {
          return { recorded: false, verdict: outcome.verdict };
        }
        return { recorded: true, outcome };
      } catch (error) {
        // An agent opened a cycle, or took this step, since it was read: nothing was judged. Ask again as things are.
        const moved = error instanceof GatewayError && (error.code === "LEASE_LOST" || error.code === "KEY_REUSED");
        if (!moved || tries === TRIES) throw error;
      }
    }
  }

  /** Nothing may come between looking and opening, or an agent that opened a cycle just then would be fenced. */
  async #freshen(now: Instant): Promise<void> {
    const { stream, gateway, wallet } = this.#with;
    if (stream.state.seq !== this.#seen) this.#used = Math.max(this.#used, stream.state.at);
    while (stream.state.cycle === 0 && this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    if (stream.state.cycle > 0 && (this.#underWay.size > 0 || now - this.#used < CYCLE_AGE)) return;
    const opening = gateway.open(wallet);
    this.#used = now;
    await opening;
  }

  #request(action: Action): Request {
    const { lease, cycle, asked } = this.#with.stream.state;
    let step = FIRST_STEP;
    for (const taken of asked.keys()) if (taken >= step) step = taken + 1;
    return { wallet: this.#with.wallet, lease, cycle, step, actions: [action] };
  }

  async #alive<T>(call: Promise<T>): Promise<T> {
    this.#underWay.add(call);
    try {
      const result = await call;
      this.#used = Math.max(this.#used, this.#with.stream.state.at);
      return result;
    } finally {
      this.#underWay.delete(call);
    }
  }
}
