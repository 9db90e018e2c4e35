import type { Hex } from "viem";
import { encodeFunctionData, toHex } from "viem/utils";
import { type Address, lower } from "../../../../core/hex.ts";
import { warpReadsAbi } from "../../../../protocols/hyperlane/abi.ts";
import type { WarpMessage } from "../../../../protocols/hyperlane/message.ts";
import type { WarpEnd } from "../../../../protocols/hyperlane/warp-routes.ts";
import type { RpcClient } from "../../../../protocols/json-rpc.ts";
import { wordsOf } from "../../../../protocols/words.ts";
import { blockOverrides, NATIVE_PROBE_CODE, PROBE_GAS, probeCall, type Tip } from "../simulate.ts";

/** A message as the destination's mailbox would hand it over, once its security module agrees. */
export interface Delivery {
  readonly message: WarpMessage;
  readonly end: WarpEnd;
  readonly recipient: Address;
}

/** Gas that one delivery may use. */
const DELIVERY_GAS = 1_000_000n;
/** Nobody has it: it answers balances of native coin while the simulation lasts. */
const BALANCE_PROBE: Address = "0x00000000000000000000000000000000ba1a9ce5";

/**
 * What each message would bring its recipient if it were delivered now, one after the other, in base units. Null: its
 * delivery reverts, for want of collateral or whatever else; what comes after it is told all the same.
 *
 * @throws {RpcError} where the node has no eth_simulateV1 or does not answer.
 */
export async function simulateDeliveries(
  rpc: RpcClient,
  tip: Tip,
  deliveries: readonly Delivery[],
  blockSeconds: number,
): Promise<readonly (bigint | null)[]> {
  if (deliveries.length === 0) return [];
  const calls = deliveries.flatMap(({ message, end, recipient }) => {
    const { to, input } = probeCall(
      end.type === "native" ? { kind: "native", owner: recipient } : { kind: "balance", token: end.token, owner: recipient },
      BALANCE_PROBE,
    );
    const probe = { to, input, gas: toHex(PROBE_GAS) };
    const args = [message.origin, message.sender, message.body] as const;
    const handle = {
      from: end.mailbox,
      to: lower(end.address),
      input: encodeFunctionData({ abi: warpReadsAbi, functionName: "handle", args }),
      gas: toHex(DELIVERY_GAS),
    };
    return [probe, handle, probe];
  });
  const block = {
    blockOverrides: { ...blockOverrides(tip, blockSeconds), baseFeePerGas: "0x0" },
    stateOverrides: { [BALANCE_PROBE]: { code: NATIVE_PROBE_CODE } },
    calls,
  };
  // The mailbox pays for no gas: what relayers pay is no matter of ours.
  const params = [{ blockStateCalls: [block], validation: false, traceTransfers: false }, toHex(tip.number)];
  const [answer] = await rpc.request<readonly { readonly calls: readonly RawCall[] }[]>("eth_simulateV1", params);
  const results = answer?.calls ?? [];
  return deliveries.map((_, i) => {
    const [before, handled, after] = results.slice(i * 3, i * 3 + 3);
    const [first, last] = [balanceIn(before), balanceIn(after)];
    return handled?.status !== "0x1" || first === null || last === null || last < first ? null : last - first;
  });
}

interface RawCall {
  readonly status: Hex;
  readonly returnData: Hex;
}

function balanceIn(call: RawCall | undefined): bigint | null {
  return call?.status === "0x1" ? (wordsOf(call.returnData, 1)?.[0] ?? null) : null;
}
