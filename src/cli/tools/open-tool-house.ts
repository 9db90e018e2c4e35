import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { toolSession } from "../../agent/tool-session.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { MandateError, UsageError } from "../../core/errors.ts";
import { gatewayClient } from "../../gateway/client.ts";
import type { Gateway } from "../../gateway/contract.ts";
import { openWallet, walletId } from "../../gateway/open-wallet.ts";
import { endpointsOf } from "../../gateway/serve/run-gateway.ts";
import { superviseGateway } from "../../gateway/serve/supervised-gateway.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { EVM_TOOLS } from "../../tools/evm/evm-tools.ts";
import { fileStateStore } from "../../tools/file-state-store.ts";
import { feedRounds } from "../../tools/history/feed-rounds.ts";
import type { ToolContext } from "../../tools/tool-context.ts";
import { ToolDesk } from "../../tools/tool-desk.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../worlds/rehearsal/rehearse.ts";
import { homeOf } from "../home.ts";
import type { Output } from "../output.ts";
import { liveGatewayConfig } from "../run/gateway-config.ts";
import type { LiveOptions } from "../run/live-options.ts";
import { openKeptWorld } from "./kept-world.ts";
import { readCalls } from "./read-calls.ts";

/** Where a session's state is, beside the journal. */
const AGENT_STATE = "agent-state.json";

/** The venue has no typed tools on the command line yet. */
export class NoToolsError extends MandateError {
  constructor(venue: string) {
    super("NO_TOOLS", `there are no tools for the venue ${venue} here`, { remedy: "Name a mandate of the venue evm." });
  }
}

export interface ToolHouseOptions extends LiveOptions {
  readonly file: string;
  /** A gateway that serves already. */
  readonly gateway?: string;
  /** A rehearsal from the beginning. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

/** A wallet with its gateway, and the tools that may be called on it. */
export interface ToolHouse extends AsyncDisposable {
  readonly mandate: Mandate;
  readonly home: string;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly desk: ToolDesk<EvmIntent, EvmObservation>;
  readonly context: ToolContext<EvmIntent, EvmObservation>;
}

/**
 * Opens what a mandate names. A world is kept in the home and opened with its gateway in this process; a real network
 * needs `--live` and a keystore, or a gateway that serves already.
 *
 * @throws {UsageError} {@link NoToolsError} {@link GatewayStartError}
 */
export async function openToolHouse(output: Output, options: ToolHouseOptions): Promise<ToolHouse> {
  const { file, network, signal } = options;
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET, ...(network === undefined ? {} : { network }) });
  if (mandate.terms.venue !== "evm") throw new NoToolsError(mandate.terms.venue);
  const undo: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const opened =
      mandate.rehearsal && options.gateway === undefined
        ? await openWorld(mandate, options, undo)
        : await openLive(output, mandate, options, undo);
    const { gateway, clock, home } = opened;
    const { terms } = mandate;
    const rpcs = Object.fromEntries(
      Object.entries(endpointsOf(mandate, opened.url)).map(([chain, url]) => [chain, rpcClient(url)]),
    );
    await opened.catchUp?.();
    const session = toolSession({
      mandate,
      venue: evmVenue({ mandate, rpcs, clock }),
      gateway,
      wallet: walletId(terms),
      clock,
      history: feedRounds({ terms, rpcs, clock }),
      store: fileStateStore(join(home, AGENT_STATE)),
      ...(signal ? { signal } : {}),
    });
    const { keep, catchUp } = opened;
    const context = {
      ...session,
      act: async (intents: readonly EvmIntent[]) => {
        try {
          return await session.act(intents);
        } finally {
          await keep?.();
        }
      },
    };
    const calledAt = await readCalls(home, walletId(terms), await clock.now());
    return {
      mandate,
      home,
      gateway,
      clock,
      desk: new ToolDesk({ tools: EVM_TOOLS, calledAt, ...(catchUp ? { before: catchUp } : {}) }),
      context,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opened {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly home: string;
  /** The world's endpoint. */
  readonly url?: string;
  /** Writes the world down. */
  readonly keep?: () => Promise<void>;
  /** Lets the machine's time pass in the world. */
  readonly catchUp?: () => Promise<void>;
}

async function openWorld(mandate: Mandate, options: ToolHouseOptions, undo: (() => Promise<void> | void)[]): Promise<Opened> {
  const { terms } = mandate;
  const [chain, another] = Object.values(terms.book.chains);
  if (!chain || another)
    throw new UsageError("a world of several chains is not offered yet", { remedy: "Name a network with one chain." });
  const home = worldHome(
    { file: options.file, id: terms.id, network: terms.network, home: options.home },
    options.fresh ?? false,
  );
  const world = await openKeptWorld(home, { chainId: chain.id, fund: DEFAULT_FUNDS });
  undo.push(async () => {
    await world[Symbol.asyncDispose]();
  });
  const keyFile = join(home, "key");
  if (!existsSync(keyFile)) writeFileSync(keyFile, "", { mode: 0o600 });
  const opened = await openWallet({
    home,
    terms,
    signer: privateKeyToAccount(REHEARSAL_KEY),
    keyFile,
    clock: world.clock,
    endpoints: endpointsOf(mandate, world.url),
    onMirrorFailure: (failure) => {
      throw failure;
    },
  });
  // The world is kept before the journal closes: the two must never tell two stories.
  undo.push(async () => {
    try {
      await world.keep();
    } finally {
      await opened.close();
    }
  });
  return {
    gateway: opened.gateway,
    clock: world.clock,
    home,
    url: world.url,
    keep: () => world.keep(),
    catchUp: () => world.catchUp(),
  };
}

async function openLive(
  output: Output,
  mandate: Mandate,
  options: ToolHouseOptions,
  undo: (() => Promise<void> | void)[],
): Promise<Opened> {
  const { file, gateway: socket, live = false } = options;
  const home = homeOf({ file, id: mandate.terms.id, network: mandate.terms.network, home: options.home });
  if (socket !== undefined) {
    if (!mandate.rehearsal && !live) {
      throw new UsageError(`the network ${mandate.terms.network} is real money`, {
        remedy: `Read: mandate check ${file}. Then add --live.`,
      });
    }
    const client = gatewayClient(resolve(socket));
    undo.push(() => client.close());
    return { gateway: client, clock: systemClock, home };
  }
  const gateway = await superviseGateway(await liveGatewayConfig(output, file, mandate, options), () =>
    output.say("The gateway died and was started again."),
  );
  undo.push(() => gateway.stop());
  return { gateway, clock: systemClock, home };
}

/** The home of a kept world. What was there is put aside when it is to begin anew. */
function worldHome(where: Parameters<typeof homeOf>[0], fresh: boolean): string {
  const home = homeOf(where);
  if (!fresh || !existsSync(home)) return home;
  for (let n = 1; ; n += 1) {
    if (existsSync(`${home}.${n}`)) continue;
    renameSync(home, `${home}.${n}`);
    return home;
  }
}
