import type { Clock, Instant } from "../../core/clock.ts";
import type { WalletState } from "../../journal/fold-wallet.ts";
import type { Terms } from "../../mandate/terms.ts";
import type { ChainLabel } from "../../protocols/effects.ts";
import type { Gateway, WalletId } from "../contract.ts";
import { freeSocket } from "../serve/free-socket.ts";
import { tokenChecker } from "../tokens/agent-tokens.ts";
import { ChainEndpoint } from "./chain-endpoint.ts";
import { CurrentCycle, type GatewayWithDoors } from "./current-cycle.ts";
import { RateLimit } from "./rate-limit.ts";
import { type JsonRpcServing, serveJsonRpc } from "./serve-json-rpc.ts";

/** Where a gateway serves JSON-RPC beside its own calls. */
export interface JsonRpcConfig {
  /** Path of a unix socket. */
  readonly socket?: string;
  /** A port on loopback; 0: any that is free. Every message then needs an agent's token. */
  readonly port?: number;
  /** Reads a minute that the chains' endpoints allow: four fifths for clients, the rest for the gateway. Default 1,500. */
  readonly readsPerMinute?: number;
}

export interface StartJsonRpcParameters {
  readonly config: JsonRpcConfig;
  /** Folder of the journal and the tokens. */
  readonly home: string;
  readonly terms: Terms;
  readonly wallet: WalletId;
  readonly gateway: GatewayWithDoors;
  readonly stream: { readonly state: WalletState };
  /** The gateway's clock, which may be a world's. */
  readonly now: () => Promise<Instant>;
  /** The machine's: rates protect what is really there. */
  readonly clock: Pick<Clock, "now">;
  readonly endpoints: Readonly<Record<ChainLabel, string>>;
  readonly onError: (what: string, error: unknown) => void;
  readonly patience?: number;
}

export interface RunningJsonRpc {
  /** What agents are given instead of the gateway, so that both sides share a cycle. */
  readonly agent: Gateway;
  readonly servings: readonly JsonRpcServing[];
  stop(): Promise<void>;
}

const DEFAULT_READS = 1_500;

/** Serves JSON-RPC where `config` says, for every chain of the book. */
export async function startJsonRpc(parameters: StartJsonRpcParameters): Promise<RunningJsonRpc> {
  const { config, home, terms, clock, endpoints, onError, patience } = parameters;
  const cycle = new CurrentCycle(parameters);
  const reads = new RateLimit(Math.floor(((config.readsPerMinute ?? DEFAULT_READS) * 4) / 5));
  const chains = new Map(
    Object.entries(endpoints).map(
      ([chain, url]) => [chain, new ChainEndpoint({ chain, terms, url, cycle, reads, clock })] as const,
    ),
  );
  const common = { chains, ownerOf: tokenChecker(home), onError, ...(patience === undefined ? {} : { patience }) };
  const servings: JsonRpcServing[] = [];
  const stop = async () => {
    for (const serving of servings) await serving.stop();
  };
  try {
    if (config.socket !== undefined) {
      freeSocket(config.socket);
      servings.push(await serveJsonRpc({ ...common, listen: { socket: config.socket } }));
    }
    if (config.port !== undefined) servings.push(await serveJsonRpc({ ...common, listen: { port: config.port } }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { agent: cycle.agent, servings, stop };
}
