import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { orderFirstLive } from "../../gateway/operator/first-live.ts";
import { createOperatorKey, keepPublicHalf, operatorKeyHash, readOperatorKey } from "../../gateway/operator/operator-key.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { termsHash } from "../../mandate/terms-json.ts";
import { operatorKeyFile } from "./reach-operator.ts";

export interface FirstLiveOrder {
  /** Where the order was written. */
  readonly file: string;
  readonly wallet: string;
  readonly terms_hash: string;
  /** SHA-256 of the public key that signed it. */
  readonly operator: string;
  /** Where that public key was written: all that the gateway's user needs of the pair. */
  readonly operator_key: string;
}

export interface OrderFirstLiveOptions {
  readonly operatorKey?: string;
  /** Default: beside the mandate, by its name. */
  readonly out?: string;
}

/**
 * Signs, as the operator, that a wallet goes live under a mandate's terms, for a gateway of another user. Where there is no
 * key yet, the operator's pair is made here, so that its private half is never anybody else's.
 *
 * @throws {UsageError} no key is given. {@link OperatorKeyError}
 */
export async function writeFirstLiveOrder(
  mandateFile: string,
  { terms }: Pick<Mandate, "terms">,
  { out, ...options }: OrderFirstLiveOptions,
): Promise<FirstLiveOrder> {
  const keyFile = resolve(operatorKeyFile(options));
  if (!existsSync(keyFile)) createOperatorKey(keyFile);
  const key = readOperatorKey(keyFile);
  const [wallet, terms_hash] = [walletId(terms), termsHash(terms)];
  const order = orderFirstLive(key, { wallet, terms: terms_hash }, await systemClock.now());
  const file = resolve(out ?? `${mandateFile.replace(/\.md$/, "")}.go-live.json`);
  // It is no secret: it holds for these terms alone, and the gateway's user has to read it.
  writeFileSync(file, `${JSON.stringify(order)}\n`, { mode: 0o644 });
  const operator_key = keepPublicHalf(keyFile, key.publicKey);
  return { file, wallet, terms_hash, operator: operatorKeyHash(key.publicKey), operator_key };
}
