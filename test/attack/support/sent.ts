import { keccak256, parseTransaction } from "viem";
import { DAY } from "../../../src/core/clock.ts";
import { decimal, fromUnits, sum } from "../../../src/core/decimal.ts";
import { type Address, type Hex, lower } from "../../../src/core/hex.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { nonceOf } from "../../support/standing.ts";
import { FELLOW } from "./fellow.ts";
import { holds } from "./holds.ts";
import type { Happened } from "./ledger.ts";
import type { Stage } from "./stage.ts";

interface Receipt {
  readonly gasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly blockNumber: Hex;
  readonly from: Address;
}

/**
 * Holds all that the gateway sent in a sequence: what was mined burnt no more in any day than both pots hold, one nonce
 * never stands for two calls, and nothing of the wallet's was mined that the gateway did not send.
 */
export async function holdSent(stage: Stage): Promise<void> {
  const { proxy, limits, nonce: first, reads } = stage.parts;
  const { world } = stage.house;
  const sent = [...new Set(proxy.sent)] as Hex[];
  const read = sent.map(async (bytes): Promise<readonly (Happened & { readonly from: Address })[]> => {
    const receipt = await reads.request<Receipt | null>("eth_getTransactionReceipt", [keccak256(bytes)]);
    if (!receipt) return [];
    const { timestamp } = await reads.request<{ timestamp: Hex }>("eth_getBlockByNumber", [receipt.blockNumber, false]);
    const wei = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice);
    const usd = fromUnits(wei, 18).times(stage.ledger.cheapestCoin);
    return [{ at: Number(timestamp) * 1_000, usd, from: lower(receipt.from) }];
  });
  const [mined, nonce] = await Promise.all([Promise.all(read), nonceOf(world)]);
  const burnt = mined.flat();
  const pots = decimal(limits.max_gas_usd_per_day).plus(limits.exit_gas_usd_per_day);
  for (const wallet of [REHEARSAL_WALLET, FELLOW]) {
    const own = burnt.filter(({ from }) => from === wallet);
    for (const { at: end } of own) {
      const day = sum(own.filter((one) => one.at <= end && one.at > end - DAY).map(({ usd }) => usd));
      holds(day.lte(pots), `gas of a day: ${day.toFixed(4)} of ${pots.toFixed(2)}`);
    }
  }
  const own = burnt.filter(({ from }) => from === REHEARSAL_WALLET).length + (stage.byHand ? 1 : 0);
  holds(
    nonce - first >= own && (nonce - first === own || stage.house.opened.stream.state.open.length > 0),
    `${own} of ${nonce - first} transactions of the wallet are the gateway's`,
  );
  // Nonces of two wallets are two counts.
  if (!stage.fellow) holdNonces(sent);
}

/** A nonce is of one call, at whatever fee, or of nothing. */
function holdNonces(sent: readonly Hex[]): void {
  const calls = new Map<number, string>();
  for (const bytes of sent) {
    const { nonce, to, data = "0x", value = 0n } = parseTransaction(bytes);
    if (data === "0x" && value === 0n) continue;
    const call = `${to} ${data} ${value}`;
    const known = calls.get(nonce ?? 0) ?? call;
    holds(known === call, `nonce ${nonce} was signed for two calls`);
    calls.set(nonce ?? 0, call);
  }
}
