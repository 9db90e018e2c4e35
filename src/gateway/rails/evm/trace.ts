import { randomBytes } from "node:crypto";
import { toHex } from "viem/utils";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";
import type { Log } from "../../../protocols/own-logs.ts";
import { lacksMethod } from "./lacks-method.ts";
import {
  ACTION_GAS_CAP,
  blockOverrides,
  gasForLast,
  NATIVE_PROBE_CODE,
  PROBE_GAS,
  probeCall,
  revertReason,
  type SimulatedResult,
  type SimulateParameters,
  type Simulation,
  type Tip,
} from "./simulate.ts";

/** Accounts as a trace left them, in the form in which the next trace is told of them. */
export type Overrides = Readonly<Record<Address, Override>>;

interface Override {
  readonly balance?: Hex;
  readonly nonce?: Hex;
  readonly code?: Hex;
  readonly stateDiff?: Readonly<Record<Hex, Hex>>;
}

interface RawAccount {
  readonly balance?: Hex;
  readonly nonce?: number | Hex;
  readonly code?: Hex;
  readonly storage?: Readonly<Record<Hex, Hex>>;
}

interface RawDiff {
  readonly pre: Readonly<Record<Address, RawAccount>>;
  readonly post: Readonly<Record<Address, RawAccount>>;
}

interface RawFrame {
  readonly output?: Hex;
  readonly error?: string;
  readonly gasUsed: Hex;
  readonly logs?: readonly Log[];
  readonly calls?: readonly RawFrame[];
}

interface TraceCall {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
  readonly value?: bigint;
  readonly gas: bigint;
}

const ZERO_WORD: Hex = `0x${"0".repeat(64)}`;

/**
 * What {@link simulate} answers, from a node without eth_simulateV1: each call is traced upon what the ones before it
 * left, as the next block would run it.
 *
 * @throws {RpcError} where the node has no debug_traceCall with the two tracers.
 */
export async function traceSimulate(rpc: RpcClient, tip: Tip, parameters: SimulateParameters): Promise<Simulation> {
  const { probes, watches = [], last = [], gasCap = ACTION_GAS_CAP } = parameters;
  const prober: Address = `0x${randomBytes(20).toString("hex")}`;
  const balanceProbe: Address = `0x${randomBytes(20).toString("hex")}`;
  const helpers: Overrides = { [prober]: { balance: toHex(10n ** 24n) }, [balanceProbe]: { code: NATIVE_PROBE_CODE } };
  const tracer = new Tracer(rpc, tip, parameters);
  const reads = [
    ...probes.map((probe) => probeCall(probe, balanceProbe)),
    ...watches.map(({ to, data }) => ({ to, input: data })),
  ];
  const readAll = (state: Overrides) =>
    Promise.all(
      reads.map(async ({ to, input }) => {
        const call = { from: prober, to, data: input, gas: PROBE_GAS };
        return outputOf(await tracer.frame(call, merge(state, helpers)));
      }),
    );
  const before = await readAll({});
  const { state, results } = await tracer.run(parameters);
  const after = await readAll(state);
  const gas = gasForLast(gasCap);
  const ends = await Promise.all(last.map(async (call) => outputOf(await tracer.frame({ ...call, gas }, state))));
  return {
    before: before.slice(0, probes.length).map(asUnits),
    after: after.slice(0, probes.length).map(asUnits),
    watchedBefore: before.slice(probes.length),
    watchedAfter: after.slice(probes.length),
    last: ends,
    calls: results,
    problems: [],
  };
}

/** Storage slots that calls change, by contract in lower case. */
export type ChangedSlots = ReadonlyMap<Address, ReadonlySet<Hex>>;

/**
 * Every storage slot that the calls change, one after the other.
 *
 * @throws {RpcError} where the node has no debug_traceCall with the prestate tracer.
 */
export async function traceSlots(rpc: RpcClient, tip: Tip, parameters: SimulateParameters): Promise<ChangedSlots> {
  return (await new Tracer(rpc, tip, parameters).run(parameters, { frames: false })).slots;
}

class Tracer {
  readonly #rpc: RpcClient;
  readonly #block: Hex;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #fees: { readonly maxFeePerGas: Hex; readonly maxPriorityFeePerGas: Hex };

  constructor(rpc: RpcClient, tip: Tip, { fees, blockSeconds }: SimulateParameters) {
    this.#rpc = rpc;
    this.#block = toHex(tip.number);
    this.#fields = { blockOverrides: blockOverrides(tip, blockSeconds) };
    this.#fees = { maxFeePerGas: toHex(fees.maxFeePerGas), maxPriorityFeePerGas: toHex(fees.maxPriorityFeePerGas) };
  }

  async run({ from, calls, gasCap = ACTION_GAS_CAP }: SimulateParameters, { frames = true } = {}) {
    let state: Overrides = {};
    const results: SimulatedResult[] = [];
    const slots = new Map<Address, Set<Hex>>();
    for (const [i, { to, data, value }] of calls.entries()) {
      const call = { from, to, data, value, gas: gasCap };
      // Nothing is run upon the last one where only slots are wanted: then the code that it met is not asked for either.
      const ends = !frames && i === calls.length - 1;
      const [diff, frame] = await Promise.all([this.#diff(call, state, ends), frames ? this.frame(call, state) : null]);
      for (const [address, keys] of slotsOf(diff)) slots.set(address, new Set([...(slots.get(address) ?? []), ...keys]));
      if (!ends) state = merge(state, overridesOf(diff));
      if (frame) results.push(resultOf(frame));
    }
    return { state, results, slots };
  }

  frame(call: TraceCall, state: Overrides): Promise<RawFrame> {
    return this.#trace<RawFrame>(call, state, { tracer: "callTracer", tracerConfig: { withLog: true } });
  }

  async #diff(call: TraceCall, state: Overrides, disableCode: boolean): Promise<RawDiff> {
    const ask = (tracerConfig: object) => this.#trace<RawDiff>(call, state, { tracer: "prestateTracer", tracerConfig });
    if (!disableCode) return ask({ diffMode: true });
    try {
      return await ask({ diffMode: true, disableCode });
    } catch (error) {
      // It only saves bytes: a node that does not know the word is asked without it.
      if (!(error instanceof RpcError) || error.rpcCode === null || lacksMethod(error)) throw error;
      return ask({ diffMode: true });
    }
  }

  #trace<T>({ from, to, data, value = 0n, gas }: TraceCall, state: Overrides, how: object): Promise<T> {
    const call = { from, to, input: data, value: toHex(value), gas: toHex(gas), ...this.#fees };
    return this.#rpc.request<T>("debug_traceCall", [call, this.#block, { ...how, ...this.#fields, stateOverrides: state }]);
  }
}

function resultOf(frame: RawFrame): SimulatedResult {
  const ok = frame.error === undefined;
  return {
    ok,
    gasUsed: BigInt(frame.gasUsed),
    reason: ok ? null : revertReason({ returnData: frame.output ?? "0x", error: { message: frame.error ?? "" } }),
    logs: ok ? logsOf(frame) : [],
  };
}

/** Logs of a frame and of what it called, those of calls that were reverted left out. */
function logsOf({ logs = [], calls = [] }: RawFrame): readonly Log[] {
  const own = logs.map(({ address, topics, data }) => ({ address: lower(address), topics, data }));
  return [...own, ...calls.filter(({ error }) => error === undefined).flatMap(logsOf)];
}

function outputOf({ output, error }: RawFrame): Hex | null {
  return error === undefined ? (output ?? "0x") : null;
}

function asUnits(answer: Hex | null): bigint | null {
  return answer !== null && answer.length === 66 ? BigInt(answer) : null;
}

function slotsOf({ pre, post }: RawDiff): readonly (readonly [Address, readonly Hex[]])[] {
  const addresses = [...new Set([...Object.keys(pre), ...Object.keys(post)])] as Address[];
  return addresses.map((address) => {
    const [was, is] = [pre[address]?.storage ?? {}, post[address]?.storage ?? {}];
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])] as Hex[];
    return [lower(address), keys.filter((key) => (was[key] ?? ZERO_WORD) !== (is[key] ?? ZERO_WORD))];
  });
}

/** A diff leaves out what became zero. */
function overridesOf({ pre, post }: RawDiff): Overrides {
  const addresses = [...new Set([...Object.keys(pre), ...Object.keys(post)])] as Address[];
  return Object.fromEntries(
    addresses.map((address): [Address, Override] => {
      const [was, is] = [pre[address]?.storage ?? {}, post[address] ?? {}];
      const gone = Object.fromEntries(Object.keys(was).map((key) => [key, ZERO_WORD]));
      const stateDiff = { ...gone, ...is.storage };
      return [
        lower(address),
        {
          ...(is.balance === undefined ? {} : { balance: is.balance }),
          ...(is.nonce === undefined ? {} : { nonce: toHex(BigInt(is.nonce)) }),
          ...(is.code === undefined ? {} : { code: is.code }),
          ...(Object.keys(stateDiff).length === 0 ? {} : { stateDiff }),
        },
      ];
    }),
  );
}

function merge(before: Overrides, after: Overrides): Overrides {
  const merged: Record<Address, Override> = { ...before };
  for (const [address, next] of Object.entries(after) as [Address, Override][]) {
    const known = merged[address];
    merged[address] = {
      ...known,
      ...next,
      ...(known?.stateDiff || next.stateDiff ? { stateDiff: { ...known?.stateDiff, ...next.stateDiff } } : {}),
    };
  }
  return merged;
}
