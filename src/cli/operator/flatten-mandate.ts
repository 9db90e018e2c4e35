import { join, resolve } from "node:path";
import { bringExchangeHome } from "../../agent/bring-exchange-home.ts";
import { bringHome, type HomeEvent, type HomeReport } from "../../agent/bring-home.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { MandateError, UsageError } from "../../core/errors.ts";
import { openKeystoreOf } from "../../gateway/keys/open-keystore-of.ts";
import type { Operator } from "../../gateway/operator/operator.ts";
import { operatorSocket } from "../../gateway/operator/operator-socket.ts";
import { OPERATOR_SOCKET } from "../../gateway/operator/serve-operator.ts";
import { endpointsOf } from "../../gateway/serve/endpoints-of.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { isRealMoney } from "../../mandate/real-money.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { evmVenue } from "../../venues/evm/evm-venue.ts";
import { hyperliquidVenue } from "../../venues/hyperliquid/hyperliquid-venue.ts";
import { hyperliquidScope } from "../../venues/hyperliquid/scope-of.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { homeOf } from "../home.ts";
import { interrupted } from "../interrupted.ts";
import type { Output } from "../output.ts";
import type { LiveOptions } from "../run/live-options.ts";
import { openPassword } from "../run/open-password.ts";
import { worldClock } from "../world/world-clock.ts";
import { openWithoutJournal } from "./open-without-journal.ts";
import { operatorKeyIn } from "./reach-operator.ts";
import { differs, renderStanding } from "./render-standing.ts";
import { takeBack } from "./take-back.ts";

export interface FlattenOptions extends LiveOptions {
  readonly operatorKey?: string;
  /** The operator's socket, where it is not beside the journal. */
  readonly socket?: string;
  readonly withoutJournal?: boolean;
  readonly scopeFromFile?: boolean;
  readonly newHome?: string;
}

/** Takes a real wallet home, through its gateway or, where its journal is lost, through one of its own. */
export async function flattenMandate(
  output: Output,
  file: string,
  options: FlattenOptions,
  on: (event: HomeEvent) => void,
): Promise<HomeReport> {
  const mandate = readMandate(file, { network: options.network, worldWallet: REHEARSAL_WALLET });
  const { id, network } = mandate.terms;
  if (mandate.rehearsal && options.world === undefined) {
    throw new UsageError(`the network ${network} is a world`, { remedy: "Name the one that runs: --world URL" });
  }
  const endpoints = endpointsOf(mandate, options.world);
  const home = homeOf({ file, id, network, home: options.home });
  const key = operatorKeyIn(home, options);
  if (options.withoutJournal !== true) {
    const operator = operatorSocket(options.socket ?? join(home, OPERATOR_SOCKET), key);
    try {
      await takeCharge(operator, output, mandate);
      const clock = options.world === undefined ? systemClock : worldClock(mandate, options.world);
      return await bringBack(mandate, endpoints, operator, on, { clock, signal: interrupted() });
    } finally {
      operator.close();
    }
  }
  if (options.keystore === undefined || (isRealMoney(mandate) && options.live !== true)) {
    throw new UsageError("without its journal the wallet has to be opened anew, with its key", {
      remedy: "Add --keystore FILE and --live.",
    });
  }
  const opened = await openWithoutJournal({
    lost: home,
    home: resolve(options.newHome ?? `${home}-without-journal`),
    terms: mandate.terms,
    scopeFromFile: options.scopeFromFile === true,
    key,
    signer: await openKeystoreOf("live", options.keystore, await openPassword(output, options)),
    keyFile: resolve(options.keystore),
    clock: systemClock,
    endpoints,
  });
  try {
    return await bringBack({ ...mandate, terms: opened.terms }, endpoints, opened.operator, on, { signal: interrupted() });
  } finally {
    await opened.close();
  }
}

/** Nobody else may act meanwhile, and what the journal does not know must not be in the way. */
export async function takeCharge(
  operator: Operator,
  output: Pick<Output, "say">,
  mandate: Pick<Mandate, "terms">,
): Promise<void> {
  await operator.freeze("flatten");
  // At an exchange positions are worth something else every moment, and no exit goes by what the journal has of them.
  if (mandate.terms.venue === "hyperliquid") return;
  try {
    await takeBack(operator, output, mandate);
    const standing = await operator.standing();
    if (!differs(standing)) return;
    output.say(renderStanding(standing));
    await operator.reconcile({ seen: standing.hash, why: "flatten: what the chain says is taken home", declare: false });
  } catch (error) {
    // What is on a chain that answers goes home by what the journal says of it.
    if (!(error instanceof MandateError) || error.code !== "CHAIN_UNREACHABLE") throw error;
    output.say(`not all of it can be seen: ${error.message}`);
  }
}

/** Takes home what an operator has taken charge of, at whichever venue it is. */
export function bringBack(
  mandate: Mandate,
  endpoints: Readonly<Record<string, string>>,
  operator: Pick<Operator, "exit" | "settle">,
  on: (event: HomeEvent) => void,
  { clock = systemClock, signal }: { readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<HomeReport> {
  const hands = {
    mandate,
    exit: (actions: Parameters<Operator["exit"]>[0]) => operator.exit(actions),
    settle: () => operator.settle(),
    on,
    ...(signal === undefined ? {} : { signal }),
  };
  if (mandate.terms.venue === "hyperliquid") {
    const scope = hyperliquidScope(withEveryMarket(mandate));
    const info = infoClient({ url: endpoints[scope.label] ?? "" });
    return bringExchangeHome({ ...hands, venue: hyperliquidVenue({ scope, info, clock }), clock: systemClock });
  }
  const rpcs = Object.fromEntries(Object.entries(endpoints).map(([chain, url]) => [chain, rpcClient(url)]));
  return bringHome({ ...hands, clock, venue: evmVenue({ mandate, rpcs, clock }) });
}

/** What is not traded any more may still be held: every market of the book is looked at. */
function withEveryMarket(mandate: Mandate): Mandate {
  const { terms } = mandate;
  const allowed_markets = Object.values(terms.book.exchanges).flatMap(({ markets }) => Object.keys(markets));
  return { ...mandate, terms: { ...terms, limits: { ...terms.limits, allowed_markets } } };
}
