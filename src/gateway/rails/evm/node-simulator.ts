import { MandateError } from "../../../core/errors.ts";
import type { Address } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { AccountId } from "../../../protocols/effects.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { SlotReader } from "./explain-slots.ts";
import { lacksMethod } from "./lacks-method.ts";
import { type SimulateParameters, type Simulation, simulate, type Tip } from "./simulate.ts";
import { type ChangedSlots, traceSimulate, traceSlots } from "./trace.ts";

/** No way is left to see what a request would do. */
export class CannotSimulateError extends MandateError {
  constructor() {
    super("CANNOT_SIMULATE", "the node has neither eth_simulateV1 nor debug_traceCall", {
      remedy: "Use an RPC that has one of them, or allow a local fork.",
    });
  }
}

/** A copy of a chain at a block, on this machine. */
export interface LocalFork {
  readonly rpc: RpcClient;
  stop(): Promise<void>;
}

export type StartFork = (url: string, block: bigint, chainId: number) => Promise<LocalFork>;

export interface NodeSimulatorParameters {
  readonly rpc: RpcClient;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
  /** Left out: no fork is ever started. */
  readonly startFork?: StartFork | undefined;
}

/**
 * Simulates by the best of what a node has: eth_simulateV1, else debug_traceCall, else a local fork where that is
 * allowed. What the node lacks is asked once. Where it can trace, storage of the book's tokens is held against what is
 * known to change.
 */
export class NodeSimulator {
  readonly #parameters: NodeSimulatorParameters;
  readonly #slots: SlotReader;
  readonly #lacks = new Set<"simulate" | "trace" | "slots">();
  /** Whether this node has traced storage before: only then is it asked for both in one message. */
  #tracesSlots = false;

  constructor(parameters: NodeSimulatorParameters) {
    this.#parameters = parameters;
    this.#slots = new SlotReader(parameters);
  }

  /**
   * @throws {CannotSimulateError} the node has nothing to do it with.
   * @throws {RpcError} the node failed: nothing else is tried in its place.
   */
  async simulate(tip: Tip, parameters: SimulateParameters): Promise<Simulation> {
    const { rpc } = this.#parameters;
    const traced = this.#tracesSlots && !this.#lacks.has("slots") ? traceSlots(rpc, tip, parameters) : null;
    // Where the simulation fails, that is what is told.
    traced?.catch(() => undefined);
    const simulation =
      (await this.#unlessLacking("simulate", () => simulate(rpc, tip, parameters))) ??
      (await this.#unlessLacking("trace", () => traceSimulate(rpc, tip, parameters))) ??
      (await this.#onFork(tip, parameters));
    if (!simulation) throw new CannotSimulateError();
    const unexplained = await this.#unlessLacking("slots", () => this.#unexplainedSlots(tip, parameters, simulation, traced));
    return { ...simulation, problems: [...simulation.problems, ...(unexplained ?? [])] };
  }

  async #unexplainedSlots(
    tip: Tip,
    parameters: SimulateParameters,
    simulation: Simulation,
    traced: Promise<ChangedSlots> | null,
  ) {
    const slots = await (traced ?? traceSlots(this.#parameters.rpc, tip, parameters));
    this.#tracesSlots = true;
    const spenders = parameters.probes.flatMap((probe) => (probe.kind === "allowance" ? [probe.spender] : []));
    return this.#slots.unexplained(tip, slots, simulation, spenders);
  }

  async #onFork(tip: Tip, parameters: SimulateParameters): Promise<Simulation | undefined> {
    const { rpc, book, startFork } = this.#parameters;
    if (!startFork) return undefined;
    const fork = await startFork(rpc.url, tip.number, book.id);
    try {
      return await simulate(fork.rpc, tip, parameters);
    } finally {
      await fork.stop();
    }
  }

  /** The work's result; undefined where the node has no method for it, which it then is not asked again. */
  async #unlessLacking<T>(what: "simulate" | "trace" | "slots", work: () => Promise<T>): Promise<T | undefined> {
    if (this.#lacks.has(what)) return undefined;
    try {
      return await work();
    } catch (error) {
      if (!lacksMethod(error)) throw error;
      this.#lacks.add(what);
      return undefined;
    }
  }
}
