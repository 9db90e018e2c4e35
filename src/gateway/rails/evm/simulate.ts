import { randomBytes } from "node:crypto";
import { decodeErrorResult, toHex } from "viem/utils";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import { perObject } from "../../../core/per-object.ts";
import type { Unknown } from "../../../protocols/effects.ts";
import { encodeAllowance, encodeBalanceOf } from "../../../protocols/erc20.ts";
import { ifDecodable } from "../../../protocols/if-decodable.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import type { Log } from "../../../protocols/own-logs.ts";
import { quantity } from "../../../protocols/quantity.ts";

/** The block that the next one is built upon, with all that the next one's header will say. */
export interface Tip {
  readonly number: bigint;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
  readonly nextBaseFee: bigint;
  readonly gasLimit: bigint;
}

export interface SimulatedCall {
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
}

export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What is read before and after, in this order. */
export type Probe =
  | { readonly kind: "native"; readonly owner: Address }
  | { readonly kind: "balance"; readonly token: Address; readonly owner: Address }
  | { readonly kind: "allowance"; readonly token: Address; readonly owner: Address; readonly spender: Address };

/** A read whose whole answer counts. */
export interface Watch {
  readonly to: Address;
  readonly data: Hex;
}

/** What the simulation is asked to run and to read. */
export interface SimulateParameters {
  readonly from: Address;
  readonly calls: readonly SimulatedCall[];
  readonly probes: readonly Probe[];
  /** Read before and after, as the probes are. */
  readonly watches?: readonly Watch[];
  /** Run after everything else, by somebody of its own each: their answers are of a state that is thrown away. */
  readonly last?: readonly (Watch & { readonly from: Address })[];
  readonly fees: Fees;
  readonly blockSeconds: number;
  /** Gas that each call may use, at most {@link ACTION_GAS_CAP}. */
  readonly gasCap?: bigint;
}

export type Simulator = (tip: Tip, parameters: SimulateParameters) => Promise<Simulation>;

export interface Simulation {
  /** One answer a probe, in base units. Null: the probe failed. */
  readonly before: readonly (bigint | null)[];
  readonly after: readonly (bigint | null)[];
  /** Answers of the watches and of the last calls. Null: it reverted. */
  readonly watchedBefore: readonly (Hex | null)[];
  readonly watchedAfter: readonly (Hex | null)[];
  readonly last: readonly (Hex | null)[];
  readonly calls: readonly SimulatedResult[];
  /** What else the simulation found that nothing explains. */
  readonly problems: readonly Unknown[];
}

export interface SimulatedResult {
  readonly ok: boolean;
  readonly gasUsed: bigint;
  readonly reason: string | null;
  readonly logs: readonly Log[];
}

/** Gas that one simulated action may use: a burner must not hold the node up. */
export const ACTION_GAS_CAP = 3_000_000n;
export const PROBE_GAS = 200_000n;
const LAST_GAS = 500_000n;
/** CALLDATALOAD(0), BALANCE, return: the native balance of the address in the call data. */
export const NATIVE_PROBE_CODE: Hex = "0x6000353160005260206000f3";

interface RawCall {
  readonly status: Hex;
  readonly returnData: Hex;
  readonly gasUsed: Hex;
  readonly logs?: readonly { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }[];
  readonly error?: { readonly message?: string };
}

/**
 * Runs probes, calls and the same probes in one simulated block that cannot be told from the next real one:
 * its number, time, base fee and the transactions' fees are those that the real ones will have, and the
 * prober is an address that nobody knows.
 *
 * @throws {RpcError} where the node has no eth_simulateV1 or refuses the block as a whole.
 */
export async function simulate(
  rpc: RpcClient,
  tip: Tip,
  { from, calls, probes, watches = [], last = [], fees, blockSeconds, gasCap = ACTION_GAS_CAP }: SimulateParameters,
): Promise<Simulation> {
  const prober: Address = `0x${randomBytes(20).toString("hex")}`;
  const balanceProbe: Address = `0x${randomBytes(20).toString("hex")}`;
  const feeFields = { maxFeePerGas: toHex(fees.maxFeePerGas), maxPriorityFeePerGas: toHex(fees.maxPriorityFeePerGas) };
  const read = (call: { to: Address; input: Hex }) => ({ from: prober, gas: toHex(PROBE_GAS), ...call, ...feeFields });
  const probeCalls = [
    ...probes.map((probe) => read(probeCall(probe, balanceProbe))),
    ...watches.map(({ to, data }) => read({ to, input: data })),
  ];
  const lastGas = toHex(gasForLast(gasCap));
  const lastCalls = last.map(({ from: by, to, data }) => ({ from: by, to, input: data, gas: lastGas, ...feeFields }));
  const actions = calls.map(({ to, data, value }) => ({
    from,
    to,
    input: data,
    value: toHex(value),
    gas: toHex(gasCap),
    ...feeFields,
  }));
  const block = {
    blockOverrides: blockOverrides(tip, blockSeconds),
    stateOverrides: {
      [prober]: { balance: toHex(10n ** 24n) },
      [balanceProbe]: { code: NATIVE_PROBE_CODE },
    },
    calls: [...probeCalls, ...actions, ...probeCalls, ...lastCalls],
  };
  const params = [{ blockStateCalls: [block], validation: true, traceTransfers: false }, toHex(tip.number)];
  const [answer] = await rpc.request<readonly { readonly calls: readonly RawCall[] }[]>("eth_simulateV1", params);
  const results = answer?.calls ?? [];
  const middle = probeCalls.length + calls.length;
  const end = middle + probeCalls.length;
  return {
    before: results.slice(0, probes.length).map(readProbe),
    after: results.slice(middle, middle + probes.length).map(readProbe),
    watchedBefore: results.slice(probes.length, probeCalls.length).map(answerOf),
    watchedAfter: results.slice(middle + probes.length, end).map(answerOf),
    last: results.slice(end).map(answerOf),
    problems: [],
    calls: results.slice(probeCalls.length, middle).map((call) => ({
      ok: call.status === "0x1",
      gasUsed: quantity("eth_simulateV1", call.gasUsed),
      reason: call.status === "0x1" ? null : revertReason(call),
      logs: (call.logs ?? []).map(({ address, topics, data }) => ({ address: lower(address), topics, data })),
    })),
  };
}

/** The header of the block that comes after the tip. */
export function blockOverrides({ number, timestamp, nextBaseFee }: Tip, blockSeconds: number) {
  return {
    number: toHex(number + 1n),
    time: toHex(timestamp + BigInt(blockSeconds)),
    baseFeePerGas: toHex(nextBaseFee),
  };
}

/** Gas of a last call: what is affordable for an action is affordable for it. */
export function gasForLast(gasCap: bigint): bigint {
  return gasCap < LAST_GAS ? gasCap : LAST_GAS;
}

export function probeCall(probe: Probe, balanceProbe: Address): { to: Address; input: Hex } {
  return { to: probe.kind === "native" ? balanceProbe : probe.token, input: inputOf(probe) };
}

const inputOf = perObject((probe: Probe): Hex => {
  switch (probe.kind) {
    case "native":
      return `0x${probe.owner.slice(2).padStart(64, "0")}`;
    case "balance":
      return encodeBalanceOf(probe.owner);
    case "allowance":
      return encodeAllowance(probe.owner, probe.spender);
  }
});

function answerOf({ status, returnData }: RawCall): Hex | null {
  return status === "0x1" && typeof returnData === "string" ? returnData : null;
}

function readProbe({ status, returnData }: RawCall): bigint | null {
  return status === "0x1" && returnData.length === 66 ? BigInt(returnData) : null;
}

export function revertReason({ returnData, error }: Pick<RawCall, "returnData" | "error">): string {
  const read = typeof returnData === "string" ? ifDecodable(() => decodeErrorResult({ data: returnData })) : undefined;
  if (read === undefined) return error?.message ?? "reverted without a reason";
  return read.errorName === "Error" || read.errorName === "Panic" ? String(read.args[0]) : read.errorName;
}
