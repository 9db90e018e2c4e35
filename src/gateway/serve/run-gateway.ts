import { rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { Address } from "../../core/hex.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { chainClock } from "../../protocols/chain-clock.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { crashAt, noCrash } from "../crash-point.ts";
import { type JsonRpcConfig, type RunningJsonRpc, startJsonRpc } from "../json-rpc/start-json-rpc.ts";
import { openKeystoreOf } from "../keys/open-keystore-of.ts";
import { GatewayStartError, openWallet } from "../open-wallet.ts";
import type { OperatorDesk } from "../operator/operator-desk.ts";
import { OPERATOR_SOCKET, serveOperator } from "../operator/serve-operator.ts";
import { type Serving, serveGateway } from "./server.ts";

/** All that a gateway process is started with. It reads the mandate itself and takes nobody's word for the terms. */
export interface GatewayConfig {
  /** The mandate's path. */
  readonly file: string;
  /** Overrides the file's `network:`. */
  readonly network?: string;
  /** Folder of the journal. */
  readonly home: string;
  /** Path of the unix socket to serve on. */
  readonly socket: string;
  readonly keystore: string;
  readonly password: string;
  /** Real money: asked for in so many words. Refused for a world, required elsewhere. */
  readonly live: boolean;
  /** In a rehearsal: the world's endpoint and its throwaway wallet. */
  readonly world?: { readonly url: string; readonly wallet: Address };
  /** In a rehearsal: a crash point at which this process kills itself, "after-sign" or "after-sign:2". */
  readonly crashAt?: string;
  /** The operator's public key in hex, at the first start that names one. */
  readonly operatorKey?: string;
  /** Where Ethereum JSON-RPC is served too, for wallet-like clients. Left out: nowhere. */
  readonly rpc?: JsonRpcConfig;
}

export interface RunningGateway extends Serving {
  readonly wallet: string;
  /** The operator's own socket, beside the journal. Null: no operator is named. */
  readonly operator: string | null;
  /** Null: JSON-RPC was not asked for. */
  readonly rpc: RunningJsonRpc | null;
}

/** @param onError - hears of calls that failed without a verdict, and of a mirror that cannot be written. */
export async function runGateway(
  config: GatewayConfig,
  onError: (what: string, error: unknown) => void,
): Promise<RunningGateway> {
  const { file, network, world } = config;
  const mandate = readMandate(file, {
    ...(network === undefined ? {} : { network }),
    ...(world === undefined ? {} : { worldWallet: world.wallet }),
  });
  checkLive(mandate, config);
  const signer = await openKeystoreOf(mandate.rehearsal ? "rehearsal" : "live", config.keystore, config.password);
  const endpoints = endpointsOf(mandate, world?.url);
  const [first] = Object.values(endpoints);
  const clock = mandate.rehearsal && first !== undefined ? chainClock(rpcClient(first)) : systemClock;
  const opened = await openWallet({
    home: config.home,
    terms: mandate.terms,
    signer,
    keyFile: config.keystore,
    clock,
    endpoints,
    ...(config.operatorKey === undefined ? {} : { operatorKey: config.operatorKey }),
    crash: config.crashAt === undefined ? noCrash : crashAt(config.crashAt),
    onMirrorFailure: (failure) => onError("head mirror", failure),
  });
  const undo: (() => Promise<void>)[] = [() => opened.close()];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const rpc = config.rpc === undefined ? null : await serveRpc(config.rpc);
    if (rpc) undo.push(() => rpc.stop());
    rmSync(config.socket, { force: true });
    const serving = await serveGateway(rpc?.agent ?? opened.gateway, config.socket, onError);
    undo.push(() => serving.stop());
    const operator = opened.desk && (await serveDesk(opened.desk));
    if (operator) undo.push(() => operator.stop());
    return { socket: serving.socket, wallet: opened.wallet, operator: operator?.socket ?? null, rpc, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  function serveDesk(desk: OperatorDesk): Promise<Serving> {
    const socket = join(config.home, OPERATOR_SOCKET);
    rmSync(socket, { force: true });
    return serveOperator(desk, socket, onError);
  }

  function serveRpc(rpc: JsonRpcConfig): Promise<RunningJsonRpc> {
    const now = async () => Math.max(await clock.now(), opened.stream.state.at);
    const { home } = config;
    return startJsonRpc({ ...opened, config: rpc, home, terms: mandate.terms, now, clock: systemClock, endpoints, onError });
  }
}

/** Endpoints by chain label, the word "world" replaced. */
export function endpointsOf({ terms }: Pick<Mandate, "terms">, world: string | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(terms.book.chains).map(([chain, { rpc }]) => {
      if (rpc !== "world") return [chain, rpc];
      if (world === undefined) {
        throw new GatewayStartError("NO_WORLD", `the network ${terms.network} is a world, and none is running`, {
          remedy: "Rehearse the mandate instead (mandate rehearse FILE), or name another network.",
        });
      }
      return [chain, world];
    }),
  );
}

function checkLive({ rehearsal, terms }: Mandate, { live, crashAt: crash, world }: GatewayConfig): void {
  if (rehearsal && live) {
    throw new GatewayStartError("NOT_LIVE", `--live is for real money; ${terms.network} is a world`, {
      remedy: "Leave --live out.",
    });
  }
  if (!rehearsal && !live) {
    throw new GatewayStartError("LIVE_NOT_ASKED", `${terms.network} is a real network`, {
      remedy: "Read `mandate check`, then add --live.",
    });
  }
  if (!rehearsal && (crash !== undefined || world !== undefined)) {
    throw new GatewayStartError("REHEARSALS_ONLY", "a world or a crash point was given for a real network", {
      remedy: "Leave it out.",
    });
  }
}
