import { join } from "node:path";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Address } from "../../core/hex.ts";
import type { OrderProof } from "../../journal/entries.ts";
import type { Journal } from "../../journal/journal.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { chainClock } from "../../protocols/chain-clock.ts";
import { infoClient } from "../../protocols/hyperliquid/info-client.ts";
import type { VenueMeters } from "../../protocols/hyperliquid/weight-meter.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import type { Gateway, WalletId } from "../contract.ts";
import { crashAt, noCrash } from "../crash-point.ts";
import { localForks } from "../fork/local-forks.ts";
import { GatewayStartError } from "../gateway-start-error.ts";
import { type JsonRpcConfig, type RunningJsonRpc, startJsonRpc } from "../json-rpc/start-json-rpc.ts";
import { openKeystoreOf } from "../keys/open-keystore-of.ts";
import { openWallet } from "../open-wallet.ts";
import type { OperatorDesk } from "../operator/operator-desk.ts";
import { OPERATOR_SOCKET, serveOperator } from "../operator/serve-operator.ts";
import type { GatewayReads } from "../read-contract.ts";
import { requireTwoRpcs } from "../require-two-rpcs.ts";
import { tokenChecker } from "../tokens/agent-tokens.ts";
import { WalletReads } from "../wallet-reads.ts";
import { endpointsOf } from "./endpoints-of.ts";
import { freeSocket } from "./free-socket.ts";
import { guardProcess } from "./guard-process.ts";
import { startKeeper } from "./keeper.ts";
import { type Serving, serveGateway } from "./server.ts";
import { type ListenConfig, tcpListen } from "./tcp-listen.ts";

/** Longest name of a unix socket that every system takes, in bytes: a rehearsal in a folder beyond it hears no orders. */
const LONGEST_SOCKET = 100;

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
  /** Whether the socket's group may open it too, which then takes a token. Left out: its owner alone. */
  readonly group?: boolean;
  readonly keystore: string;
  readonly password: string;
  /** The exchange account's own key, for transfers between its own classes. Left out: none are made. */
  readonly owner?: { readonly keystore: string; readonly password: string };
  /** Real money: asked for in so many words. Refused for a world, required elsewhere. */
  readonly live: boolean;
  /** In a rehearsal: the world's endpoint and its throwaway wallet. */
  readonly world?: { readonly url: string; readonly wallet: Address };
  /** In a rehearsal: a crash point at which this process kills itself, "after-sign" or "after-sign:2". */
  readonly crashAt?: string;
  /** The operator's public key in hex, at the first start that names one. */
  readonly operatorKey?: string;
  /** Where the operator is heard, for a group too. Left out: beside the journal, for the gateway's own user alone. */
  readonly operatorSocket?: string;
  /** The operator's order for the first start with real money. */
  readonly goLive?: OrderProof;
  /** Whether a fork on this machine may stand in for a node that can neither simulate nor trace. Default: where anvil is installed. */
  readonly forks?: boolean;
  /** Where the gateway's services are served on TCP too, with tokens. Left out: nowhere. */
  readonly listen?: ListenConfig;
  /** Where Ethereum JSON-RPC is served too, for wallet-like clients. Left out: nowhere. */
  readonly rpc?: JsonRpcConfig;
}

export interface RunningGateway {
  readonly socket: string;
  readonly wallet: WalletId;
  /** The same calls without a socket, for agents in this process. */
  readonly gateway: Gateway;
  readonly reads: GatewayReads;
  /** Where the services are on TCP: "https://0.0.0.0:8443". Null: they are not. */
  readonly url: string | null;
  /** The operator's own socket. Null: no operator is named. */
  readonly operator: string | null;
  /** Null: JSON-RPC was not asked for. */
  readonly rpc: RunningJsonRpc | null;
  /** Takes no more calls; resolves when those under way are done and answered, and the journal is closed. */
  stop(): Promise<void>;
}

/**
 * @param onError - hears of calls that failed without a verdict, and of a mirror that cannot be written.
 * @param shared - the journal of a house, which whoever opened it closes, and what its wallets ask of venues. Left out: its own.
 */
export async function runGateway(
  config: GatewayConfig,
  onError: (what: string, error: unknown) => void,
  shared: { readonly journal?: Journal; readonly venues?: VenueMeters } = {},
): Promise<RunningGateway> {
  const { file, network, world } = config;
  const mandate = readMandate(file, {
    ...(network === undefined ? {} : { network }),
    ...(world === undefined ? {} : { worldWallet: world.wallet }),
  });
  checkLive(mandate, config);
  const tcp = config.listen && tcpListen(config.listen);
  const keyClass = mandate.rehearsal ? "rehearsal" : "live";
  // A world's key is known to everybody.
  const mayLeaveCore = mandate.rehearsal ? null : guardProcess();
  if (mayLeaveCore) onError("before the key is opened", mayLeaveCore);
  const signer = await openKeystoreOf(keyClass, config.keystore, config.password);
  const owner = config.owner && (await openKeystoreOf(keyClass, config.owner.keystore, config.owner.password));
  const endpoints = endpointsOf(mandate, world?.url);
  const [first] = Object.values(endpoints);
  const clock = mandate.rehearsal && first !== undefined ? worldClock(mandate, first) : systemClock;
  const startFork = config.forks === false ? undefined : localForks();
  const opened = await openWallet({
    home: config.home,
    terms: mandate.terms,
    signer,
    ...(owner ? { owner } : {}),
    keyFile: config.keystore,
    clock,
    endpoints,
    ...(config.operatorKey === undefined ? {} : { operatorKey: config.operatorKey }),
    ...(config.goLive === undefined ? {} : { goLive: config.goLive }),
    crash: config.crashAt === undefined ? noCrash : crashAt(config.crashAt),
    ...(startFork ? { startFork } : {}),
    ...shared,
    onMirrorFailure: (failure) => onError("head mirror", failure),
  });
  const undo: (() => Promise<void>)[] = [() => opened.close()];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    await opened.gateway.read(opened.wallet, (wallet) => requireTwoRpcs(mandate.terms, wallet));
    // What cannot be read now is held against the journal again in the first cycle.
    await opened.gateway.start().catch((error: unknown) => onError("reconciling at the start", error));
    const rpc = config.rpc === undefined ? null : await serveRpc(config.rpc);
    if (rpc) undo.push(() => rpc.stop());
    freeSocket(config.socket);
    const ownerOf = tokenChecker(config.home);
    const [gateway, reads] = [rpc?.agent ?? opened.gateway, new WalletReads(opened)];
    const services = { gateway, reads, ownerOf, onError };
    const serving = await serveGateway({ ...services, listen: { socket: config.socket, group: config.group === true } });
    undo.push(() => serving.stop());
    const remote = tcp && (await serveGateway({ ...services, listen: tcp }));
    if (remote) undo.push(() => remote.stop());
    const url = tcp && remote ? `${tcp.tls ? "https" : "http"}://${hostText(tcp.host)}:${remote.port}` : null;
    const operatorPath = config.operatorSocket ?? join(config.home, OPERATOR_SOCKET);
    const reachable = !mandate.rehearsal || Buffer.byteLength(operatorPath) <= LONGEST_SOCKET;
    const operator = opened.desk && reachable ? await serveDesk(opened.desk, operatorPath) : null;
    if (operator) undo.push(() => operator.stop());
    // In a rehearsal time is the world's, and passes between the agent's cycles alone: those look.
    if (!mandate.rehearsal && Object.keys(mandate.terms.book.exchanges).length > 0) {
      const keeper = startKeeper({ gateway: opened.gateway, clock: systemClock, onError });
      undo.push(() => keeper.stop());
    }
    return { socket: config.socket, wallet: opened.wallet, gateway, reads, url, operator: operator && operatorPath, rpc, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  function serveDesk(desk: OperatorDesk, socket: string): Promise<Serving> {
    freeSocket(socket);
    return serveOperator(desk, socket, onError, { group: config.operatorSocket !== undefined });
  }

  function serveRpc(rpc: JsonRpcConfig): Promise<RunningJsonRpc> {
    const now = async () => Math.max(await clock.now(), opened.stream.state.at);
    const { home } = config;
    return startJsonRpc({ ...opened, config: rpc, home, terms: mandate.terms, now, clock: systemClock, endpoints, onError });
  }
}

/** A world's time is its own: of its chain, or of its exchange. */
function worldClock({ terms }: Mandate, url: string): Pick<Clock, "now"> {
  if (Object.keys(terms.book.exchanges).length === 0) return chainClock(rpcClient(url));
  const info = infoClient({ url });
  return { now: async () => (await info.exchangeStatus()).time };
}

/** A host as a URL has it. */
function hostText(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
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
