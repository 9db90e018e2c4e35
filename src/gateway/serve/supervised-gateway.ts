import { setTimeout } from "node:timers/promises";
import { SECOND } from "../../core/clock.ts";
import { type GatewayClient, gatewayClient } from "../client.ts";
import type { Gateway } from "../contract.ts";
import { GatewayError } from "../gateway-error.ts";
import { GatewayStartError } from "../gateway-start-error.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import type { GatewayConfig } from "./run-gateway.ts";

/** A gateway process that is started again when it dies, and the contract to talk to it by. */
export interface SupervisedGateway extends Gateway {
  readonly wallet: string;
  /** How often it has died and come back. */
  readonly crashes: number;
  /** Kills it as a crash would. The next call finds it dead. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Longest that a killed process takes to be seen dead, in milliseconds of the machine's time. */
const GRACE = 2 * SECOND;

/** Why a start may fail today and not a minute later: a node or a venue that does not answer, or not in its usual form. */
const PASSING = ["RPC_UNREACHABLE", "RPC_ERROR", "CHAIN_UNREACHABLE", "HYPERLIQUID_UNAVAILABLE", "HYPERLIQUID_ANSWER"];

/**
 * Starts a gateway process and starts it anew whenever a call finds it dead. The call itself still fails as it
 * would live: whoever made it has to settle first. Where no start succeeds since a node or a venue is away, the next call
 * tries again.
 *
 * @param onCrash - hears of each death, before the new process is started.
 * @throws {GatewayStartError}
 */
export async function superviseGateway(
  config: GatewayConfig,
  onCrash: (signal: string | null) => void,
): Promise<SupervisedGateway> {
  let process = await startGatewayProcess(config);
  let client = gatewayClient(process.socket);
  let crashes = 0;
  let heard: GatewayProcess | null = null;
  let reviving: Promise<void> | null = null;

  const revive = async (dead: GatewayProcess) => {
    const { signal } = await dead.ended;
    if (heard !== dead) {
      heard = dead;
      crashes += 1;
      onCrash(signal);
    }
    client.close();
    const { crashAt: _once, ...again } = config;
    process = await startGatewayProcess(again).catch((error: unknown) => {
      throw notYet(error);
    });
    client = gatewayClient(process.socket);
  };
  const guarded = async <T>(call: (client: GatewayClient) => Promise<T>): Promise<T> => {
    const asked = process;
    try {
      return await call(client);
    } catch (error) {
      const unreached = error instanceof GatewayError && error.code === "GATEWAY_UNREACHABLE";
      if (unreached && (await hasDied(asked)) && process === asked) {
        reviving ??= revive(asked).finally(() => {
          reviving = null;
        });
        await reviving;
      }
      throw error;
    }
  };
  return {
    wallet: process.wallet,
    get crashes() {
      return crashes;
    },
    open: (wallet) => guarded((gateway) => gateway.open(wallet)),
    state: (wallet) => guarded((gateway) => gateway.state(wallet)),
    preview: (request) => guarded((gateway) => gateway.preview(request)),
    request: (request) => guarded((gateway) => gateway.request(request)),
    settle: (wallet, key) => guarded((gateway) => gateway.settle(wallet, key)),
    note: (wallet, notes) => guarded((gateway) => gateway.note(wallet, notes)),
    kill: () => process.kill(),
    async stop() {
      await Promise.allSettled([reviving]);
      client.close();
      await process.stop();
    },
  };
}

/** What waiting may mend is told as what it is to the caller: a gateway that is not there. */
function notYet(error: unknown): unknown {
  if (!(error instanceof GatewayStartError) || !PASSING.includes(error.code)) return error;
  return new GatewayError("GATEWAY_UNREACHABLE", `the gateway died, and does not start again yet: ${error.message}`, {
    cause: error,
    remedy: error.remedy ?? "Wait until what it needs answers.",
  });
}

/** A call can go astray while the process lives. Then it is left alone: the next call finds it. */
async function hasDied({ ended }: GatewayProcess): Promise<boolean> {
  const stop = new AbortController();
  const lives = setTimeout(GRACE, false, { signal: stop.signal });
  const died = await Promise.race([ended.then(() => true), lives]);
  stop.abort();
  await Promise.allSettled([lives]);
  return died;
}
