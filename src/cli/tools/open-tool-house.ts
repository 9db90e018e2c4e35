import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { AGENT_STATE } from "../../agent/open-loop.ts";
import { toolSession } from "../../agent/tool-session.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import type { Toolset } from "../../deciders/loop/loop-decider.ts";
import { gatewayClient } from "../../gateway/client.ts";
import type { Gateway } from "../../gateway/contract.ts";
import { openWallet } from "../../gateway/open-wallet.ts";
import { endpointsOf } from "../../gateway/serve/endpoints-of.ts";
import { superviseGateway } from "../../gateway/serve/supervised-gateway.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { isRealMoney } from "../../mandate/real-money.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { fileStateStore } from "../../tools/file-state-store.ts";
import type { Tool } from "../../tools/tool.ts";
import type { PriceHistoryReads, ToolContext } from "../../tools/tool-context.ts";
import { ToolDesk } from "../../tools/tool-desk.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../worlds/rehearsal/default-funds.ts";
import { DEFAULT_PAPER_FUNDS, paperFunds, REHEARSAL_API_KEY } from "../../worlds/rehearsal/rehearsal-account.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";
import { homeOf } from "../home.ts";
import type { Output } from "../output.ts";
import { gatewayAddress, type ReachOptions } from "../run/gateway-address.ts";
import { liveGatewayConfig } from "../run/gateway-config.ts";
import type { LiveOptions } from "../run/live-options.ts";
import { withLiveVenue } from "../run/with-live-venue.ts";
import { worldClock } from "../world/world-clock.ts";
import type { KeptWorld } from "./kept-world.ts";
import { readCalls } from "./read-calls.ts";

export interface ToolHouseOptions extends LiveOptions, ReachOptions {
  readonly file: string;
  /** A rehearsal from the beginning. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

/** A wallet with its gateway, and the tools that may be called on it. */
export interface ToolHouse<I extends Intent = Intent, S extends Observation = Observation> {
  readonly mandate: Mandate;
  readonly home: string;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly desk: ToolDesk<I, S>;
  readonly context: ToolContext<I, S>;
}

/**
 * Does something with the tools of what a mandate names, and closes it. A world is kept in the home and opened with its
 * gateway in this process, unless one is named that runs already; a real network needs a keystore, and `--live` for real
 * money, or a gateway that serves already.
 *
 * @throws {UsageError} {@link GatewayStartError}
 */
export async function withToolHouse<T>(
  output: Output,
  options: ToolHouseOptions,
  use: <I extends Intent, S extends Observation>(house: ToolHouse<I, S>) => Promise<T>,
): Promise<T> {
  const { file, network } = options;
  const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET, ...(network === undefined ? {} : { network }) });
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const opened = await output.progress("Opening the wallet", () => openWalletOf(output, mandate, options, undo));
    await opened.catchUp?.();
    const furnished = async <I extends AnyIntent & Intent, S extends Observation>(
      venue: Venue<I, S>,
      toolset: () => Promise<Toolset<I, S>>,
    ) => use(await furnish(mandate, opened, options, { venue, ...(await toolset()) }));
    return await withLiveVenue(mandate, opened.clock, furnished, opened.url);
  } finally {
    for (const step of undo.splice(0).reverse()) await step();
  }
}

function openWalletOf(
  output: Output,
  mandate: Mandate,
  options: ToolHouseOptions,
  undo: (() => Promise<void> | void)[],
): Promise<Opened> {
  return mandate.rehearsal && options.gateway === undefined && options.world === undefined
    ? openWorld(mandate, options, undo)
    : openLive(output, mandate, options, undo);
}

async function furnish<I extends Intent, S extends Observation>(
  mandate: Mandate,
  { gateway, clock, home, keep, catchUp }: Opened,
  { signal }: ToolHouseOptions,
  {
    venue,
    history,
    tools,
  }: { readonly venue: Venue<I, S>; readonly history: PriceHistoryReads; readonly tools: readonly Tool<I, S>[] },
): Promise<ToolHouse<I, S>> {
  const wallet = walletId(mandate.terms);
  const session = toolSession({
    ...{ mandate, venue, gateway, wallet, clock, history },
    store: fileStateStore(join(home, AGENT_STATE)),
    ...(signal ? { signal } : {}),
  });
  const context = {
    ...session,
    act: async (intents: readonly I[]) => {
      try {
        return await session.act(intents);
      } finally {
        await keep?.();
      }
    },
  };
  const calledAt = await readCalls(home, wallet, await clock.now());
  const desk = new ToolDesk({ tools, calledAt, ...(catchUp ? { before: catchUp } : {}) });
  return { mandate, home, gateway, clock, desk, context };
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
  const home = worldHome(
    { file: options.file, id: terms.id, network: terms.network, home: options.home },
    options.fresh ?? false,
  );
  const world = await openKept(mandate, home);
  undo.push(async () => {
    await world[Symbol.asyncDispose]();
  });
  const keyFile = join(home, "key");
  if (!existsSync(keyFile)) writeFileSync(keyFile, "", { mode: 0o600 });
  const opened = await openWallet({
    home,
    terms,
    signer: privateKeyToAccount(terms.venue === "hyperliquid" ? REHEARSAL_API_KEY : REHEARSAL_KEY),
    ...(terms.venue === "hyperliquid" ? { owner: privateKeyToAccount(REHEARSAL_KEY) } : {}),
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

async function openKept(mandate: Mandate, home: string): Promise<KeptWorld> {
  const { terms } = mandate;
  if (terms.venue === "hyperliquid") {
    const [{ openKeptExchange }, { hyperliquidScope }] = await Promise.all([
      import("./kept-exchange.ts"),
      import("../../venues/hyperliquid/scope-of.ts"),
    ]);
    return openKeptExchange(home, { funds: paperFunds(DEFAULT_PAPER_FUNDS, hyperliquidScope(mandate)) });
  }
  const [chain, another] = Object.values(terms.book.chains);
  if (!chain || another)
    throw new UsageError("a world of several chains is not offered yet", { remedy: "Name a network with one chain." });
  const { openKeptWorld } = await import("./kept-world.ts");
  return openKeptWorld(home, { chainId: chain.id, fund: DEFAULT_FUNDS });
}

async function openLive(
  output: Output,
  mandate: Mandate,
  options: ToolHouseOptions,
  undo: (() => Promise<void> | void)[],
): Promise<Opened> {
  const { file, gateway: named, live = false, world } = options;
  const place = world === undefined ? { clock: systemClock } : { clock: worldClock(mandate, world), url: world };
  const home = homeOf({ file, id: mandate.terms.id, network: mandate.terms.network, home: options.home });
  if (named !== undefined) {
    if (isRealMoney(mandate) && !live) {
      throw new UsageError(`the network ${mandate.terms.network} is real money`, {
        remedy: `Read: mandate check ${file}. Then add --live.`,
      });
    }
    const client = gatewayClient(gatewayAddress(named, options));
    undo.push(() => client.close());
    return { ...place, gateway: client, home };
  }
  const gateway = await superviseGateway(await liveGatewayConfig(output, file, mandate, options), () =>
    output.say("The gateway died and was started again."),
  );
  undo.push(() => gateway.stop());
  return { ...place, gateway, home };
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
