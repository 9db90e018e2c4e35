import { dirname, join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { GatewayConfig, RunningGateway } from "./run-gateway.ts";

/** One mandate of a house, as its gateway is started; see {@link GatewayConfig}. */
export interface HouseWallet extends Omit<GatewayConfig, "socket"> {
  /** Path of the unix socket for agents elsewhere. Default: gateway.sock in `home`. */
  readonly socket?: string;
}

export interface OpenHouseOptions {
  readonly wallets: readonly HouseWallet[];
  /** Folder of the journal that they share. Default: _house beside the first one's `home`. */
  readonly house?: string;
  /** Hears of calls that failed without a verdict, and of a copy of the journal's head that cannot be written. */
  readonly onError: (what: string, error: unknown) => void;
}

export interface OpenedHouse extends AsyncDisposable {
  /** In the order of the wallets. */
  readonly gateways: readonly RunningGateway[];
  /** Takes no more calls; resolves when those under way are answered and the journal is closed. */
  stop(): Promise<void>;
}

/**
 * Opens several mandates on one journal in this process, so that wallets of one fleet share its budget. Agents of this
 * process are in reach of the keys: one that must not be belongs in another, as another user, with a gateway's `socket`.
 *
 * @throws {GatewayStartError} one of them does not start; then none does.
 * @throws {UsageError} no wallet is given.
 */
export async function openHouse({ wallets, house, onError }: OpenHouseOptions): Promise<OpenedHouse> {
  const [first] = wallets;
  if (first === undefined) throw new UsageError("a house has at least one wallet");
  // Whoever only asks a gateway elsewhere never loads one.
  const { runHouse } = await import("./run-house.ts");
  const configs = wallets.map((wallet) => ({ ...wallet, socket: resolve(wallet.socket ?? join(wallet.home, "gateway.sock")) }));
  const folder = resolve(house ?? houseBeside(first.home));
  const { gateways, stop } = await runHouse({ house: folder, wallets: configs }, onError);
  let stopped: Promise<void> | undefined;
  const once = () => {
    stopped ??= stop();
    return stopped;
  };
  return { gateways, stop: once, [Symbol.asyncDispose]: once };
}

/** No mandate's id begins like that, so it is no wallet's folder. */
export function houseBeside(home: string): string {
  return join(dirname(resolve(home)), "_house");
}
