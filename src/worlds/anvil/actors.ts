import { privateKeyToAccount } from "viem/accounts";
import { keccak256, toBytes } from "viem/utils";
import type { Hex } from "../../core/hex.ts";

/** Throwaway keys of a world's own people. Everybody can know them: they are worth nothing on any other chain. */
export const ACTOR_KEYS = {
  /** Deploys the contracts and owns the tokens. */
  deployer: keyOf("deployer"),
  /** The other side of the market: owns its funds, trades, arbitrages, reports prices. */
  trader: keyOf("trader"),
} as const satisfies Record<string, Hex>;

export const DEPLOYER = privateKeyToAccount(ACTOR_KEYS.deployer);
export const TRADER = privateKeyToAccount(ACTOR_KEYS.trader);

function keyOf(actor: string): Hex {
  return keccak256(toBytes(`mandate rehearsal world: ${actor}`));
}
