import { mkdirSync } from "node:fs";
import { VenueMeters } from "../../protocols/hyperliquid/weight-meter.ts";
import { GatewayStartError } from "../gateway-start-error.ts";
import { openJournalIn, shareJournal } from "../journal-folder.ts";
import { type GatewayConfig, type RunningGateway, runGateway } from "./run-gateway.ts";

/** Several wallets on one journal. Each has its own key, folder, tokens and sockets. */
export interface HouseConfig {
  /** Folder of the journal that the wallets share. Their own folders lead to it. */
  readonly house: string;
  readonly wallets: readonly GatewayConfig[];
}

export interface RunningHouse {
  /** In the order of the configuration. */
  readonly gateways: readonly RunningGateway[];
  /** As each gateway's `stop`; the journal is closed last. */
  stop(): Promise<void>;
}

/**
 * Serves each wallet as a gateway of its own would, all in this process and on one journal, so that what they share is
 * reserved in the transactions of each. Where one of them does not start, none does.
 *
 * @param onError - see {@link runGateway}.
 * @throws {GatewayStartError} and what each gateway's start throws.
 */
export async function runHouse(
  { house, wallets }: HouseConfig,
  onError: (what: string, error: unknown) => void,
): Promise<RunningHouse> {
  for (const part of ["home", "keystore", "socket"] as const) requireDistinct(part, wallets);
  mkdirSync(house, { recursive: true, mode: 0o700 });
  for (const { home } of wallets) shareJournal(home, house);
  const journal = await openJournalIn(house, (failure) => onError("head mirror", failure));
  const venues = new VenueMeters();
  const gateways: RunningGateway[] = [];
  const stop = async () => {
    for (const gateway of gateways.toReversed()) await gateway.stop();
    await journal.close();
  };
  try {
    for (const wallet of wallets) gateways.push(await runGateway(wallet, onError, { journal, venues }));
    requireDistinct("wallet", gateways);
    return { gateways, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function requireDistinct<P extends string>(part: P, all: readonly { readonly [K in P]: string }[]): void {
  const seen = new Set<string>();
  for (const one of all) {
    if (seen.has(one[part])) {
      throw new GatewayStartError("NOT_DISTINCT", `two mandates of one house have the same ${part}: ${one[part]}`, {
        remedy: "Give each mandate an id, a wallet, a keystore and a socket of its own.",
      });
    }
    seen.add(one[part]);
  }
}
