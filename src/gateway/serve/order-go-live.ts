import { systemClock } from "../../core/clock.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { termsHash } from "../../mandate/terms-json.ts";
import { orderFirstLive } from "../operator/first-live.ts";
import { readOperatorKey } from "../operator/operator-key.ts";
import { walletId } from "../wallet-id.ts";
import type { GatewayConfig } from "./run-gateway.ts";

export interface OrderGoLiveParameters {
  /** The mandate's path. */
  readonly file: string;
  /** Overrides the file's `network:`. */
  readonly network?: string;
  /** Path of the operator's private key (Ed25519, PEM, mode 0600). */
  readonly operatorKey: string;
}

/**
 * The operator's word that a mandate's wallet goes live under the terms of its file, as a gateway takes it at the first
 * start with real money. It holds for an hour, and later starts need none.
 *
 * @throws {OperatorKeyError} {@link MandateFileError}
 */
export async function orderGoLive({
  file,
  network,
  operatorKey,
}: OrderGoLiveParameters): Promise<Required<Pick<GatewayConfig, "operatorKey" | "goLive">>> {
  const { terms } = readMandate(file, network === undefined ? {} : { network });
  const key = readOperatorKey(operatorKey);
  const first = { wallet: walletId(terms), terms: termsHash(terms) };
  return { operatorKey: key.publicKey, goLive: orderFirstLive(key, first, await systemClock.now()) };
}
