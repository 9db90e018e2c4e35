import { decimal } from "../../core/decimal.ts";
import { endpointsOf } from "../../gateway/serve/endpoints-of.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { feedRounds } from "../../tools/history/feed-rounds.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import { type EvmWorld, type Funds, forkOf, startEvmWorld } from "../anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { ScenarioStep } from "../market.ts";
import { RehearsalError } from "./rehearsal-error.ts";
import type { Stage } from "./stage.ts";

/** What a rehearsal needs of a world of contracts. */
export type RehearsalWorld = Pick<EvmWorld, "url" | "chainId" | "clock">;

export interface EvmStageParameters {
  readonly mandate: Mandate;
  readonly seed: number | string;
  readonly funds: Funds;
  readonly scenario?: readonly ScenarioStep[];
  /** A world with the wallet funded; it is left running. Left out: one of its own. */
  readonly world?: RehearsalWorld;
}

const WORLD_CHAIN_ID = 31337;

/** Real contracts on a local chain. @throws {RehearsalError} for a network of several chains. */
export async function evmStage(parameters: EvmStageParameters): Promise<Stage<EvmIntent, EvmObservation>> {
  const { mandate } = parameters;
  const { world, stop } = await openWorld(parameters);
  const { url, chainId, clock } = world;
  const rpcs = Object.fromEntries(Object.entries(endpointsOf(mandate, url)).map(([chain, at]) => [chain, rpcClient(at)]));
  return {
    where: `chain ${chainId}`,
    chainId,
    url,
    account: REHEARSAL_WALLET,
    key: REHEARSAL_KEY,
    clock,
    venue: evmVenue({ mandate, rpcs, clock }),
    async toolset() {
      const { EVM_TOOLS } = await import("../../tools/evm/evm-tools.ts");
      return { tools: EVM_TOOLS, history: feedRounds({ terms: mandate.terms, rpcs, clock }) };
    },
    stop,
  };
}

/** The world of a network's chain id: the rehearsal's own, or, under another id, a fork of one like it. */
async function openWorld({
  mandate: { terms },
  seed,
  scenario,
  funds: fund,
  world: given,
}: EvmStageParameters): Promise<{ readonly world: RehearsalWorld; readonly stop: () => Promise<void> }> {
  const ids = new Set(Object.values(terms.book.chains).map(({ id }) => id));
  const [id] = ids;
  if (id === undefined || ids.size !== 1) {
    throw new RehearsalError("ONE_CHAIN", "a world of several chains is not offered yet", {
      remedy: "Rehearse with one chain in the network.",
    });
  }
  if (given) return { world: given, stop: async () => undefined };
  const funds = Object.fromEntries(Object.entries(fund).filter(([, amount]) => !decimal(amount).isZero()));
  const options = { seed, fund: { [REHEARSAL_WALLET]: funds }, ...(scenario ? { scenario } : {}) };
  if (id === WORLD_CHAIN_ID) {
    const world = await startEvmWorld(options);
    return { world, stop: () => world.stop() };
  }
  const parent = await startEvmWorld(options);
  try {
    const world = await forkOf(parent, id);
    return {
      world,
      async stop() {
        await world.stop();
        await parent.stop();
      },
    };
  } catch (error) {
    await parent.stop();
    throw error;
  }
}
