import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { orderFirstLive } from "../../src/gateway/operator/first-live.ts";
import { createRehearsalOperatorKey, type OperatorKey, readOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { walletId } from "../../src/gateway/wallet-id.ts";
import type { OrderProof } from "../../src/journal/entries.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import type { Mandate } from "../../src/mandate/terms.ts";
import { termsHash } from "../../src/mandate/terms-json.ts";

/** An operator's key that is the same wherever the same name is given. */
export function operatorNamed(name: string): OperatorKey {
  const folder = mkdtempSync(join(tmpdir(), "mandate-key-"));
  try {
    const file = join(folder, "operator.key");
    createRehearsalOperatorKey(file, name);
    return readOperatorKey(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface LiveStart {
  readonly operatorKey: string;
  readonly goLive: OrderProof;
}

/** What a first start with real money takes: the tests' operator, and its order for these terms. */
export function firstLive({ terms }: Pick<Mandate, "terms">, now: number, key = operatorNamed("tests")): LiveStart {
  const goLive = orderFirstLive(key, { wallet: walletId(terms), terms: termsHash(terms) }, now);
  return { operatorKey: key.publicKey, goLive };
}

/** The same for a mandate's file, by the machine's clock. */
export async function firstLiveOf(file: string): Promise<LiveStart> {
  return firstLive(readMandate(file), await systemClock.now());
}
