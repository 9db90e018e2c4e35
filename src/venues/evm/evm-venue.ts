import type { Clock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { ChainLabel } from "../../protocols/effects.ts";
import type { RpcClient } from "../../protocols/json-rpc.ts";
import type { Venue } from "../venue.ts";
import { compileEvm } from "./compile.ts";
import { type EvmIntent, readEvmIntent } from "./intents.ts";
import type { EvmObservation } from "./observation.ts";
import { observeEvm } from "./observe.ts";
import { planEvm } from "./plan.ts";
import { EVM_VOCABULARY } from "./vocabulary.ts";

export interface EvmVenueParameters {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  /** An endpoint for each chain of the book, by label. */
  readonly rpcs: Readonly<Record<ChainLabel, RpcClient>>;
  readonly clock: Clock;
}

/** The EVM chains of a mandate's book, as its agent sees them. */
export function evmVenue({ mandate, rpcs, clock }: EvmVenueParameters): Venue<EvmIntent, EvmObservation> {
  const { terms, brief } = mandate;
  return {
    observe: () => observeEvm({ terms, rpcs, clock }),
    plan: (wish, seen, rules) => planEvm(terms, wish, seen, rules),
    compile: (intent, seen) => compileEvm(intent, seen, { terms, slippageBps: brief.plan.slippage_bps }),
    revokes: (seen) => seen.allowances.map(({ account, asset, spender }) => ({ kind: "revoke", account, asset, spender })),
    readIntent: readEvmIntent,
    vocabulary: EVM_VOCABULARY,
  };
}
