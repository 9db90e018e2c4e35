import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sealKeystore } from "../../gateway/keys/seal-keystore.ts";
import {
  createRehearsalOperatorKey,
  REHEARSAL_OPERATOR_KEY,
  readOperatorPublicKey,
} from "../../gateway/operator/operator-key.ts";
import type { GatewayConfig } from "../../gateway/serve/run-gateway.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { REHEARSAL_API_KEY } from "../../worlds/rehearsal/rehearsal-account.ts";
import { homeOf } from "../home.ts";

/** The keystore in a world's home: what it holds is known to everybody. */
const KEYSTORE = "rehearsal-key.json";
const OWNER_KEYSTORE = "rehearsal-owner.json";
const PASSWORD = "a rehearsal's key is worth nothing";

export interface WorldGatewayOptions {
  readonly file: string;
  readonly network?: string | undefined;
  readonly home?: string | undefined;
  readonly socket?: string | undefined;
  /** Where the world is. */
  readonly url: string;
}

/** What a gateway is started with for a world that runs already: throwaway keys, kept with its operator's in its home. */
export function worldGatewayConfig({ terms }: Pick<Mandate, "terms">, options: WorldGatewayOptions): GatewayConfig {
  const { file, network, socket, url } = options;
  const home = homeOf({ file, id: terms.id, network: terms.network, home: options.home });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const keystore = join(home, KEYSTORE);
  if (!existsSync(keystore)) {
    const privateKey = terms.venue === "hyperliquid" ? REHEARSAL_API_KEY : REHEARSAL_KEY;
    writeFileSync(keystore, sealKeystore({ privateKey, class: "rehearsal", password: PASSWORD }), { mode: 0o600 });
  }
  const owner = join(home, OWNER_KEYSTORE);
  const owned = Object.values(terms.book.exchanges).some((book) => book.class_transfers);
  if (owned && !existsSync(owner)) {
    writeFileSync(owner, sealKeystore({ privateKey: REHEARSAL_KEY, class: "rehearsal", password: PASSWORD }), { mode: 0o600 });
  }
  const operator = join(home, REHEARSAL_OPERATOR_KEY);
  return {
    file: resolve(file),
    ...(network === undefined ? {} : { network }),
    home,
    socket: resolve(socket ?? join(home, "gateway.sock")),
    keystore,
    password: PASSWORD,
    ...(owned ? { owner: { keystore: owner, password: PASSWORD } } : {}),
    live: false,
    world: { url, wallet: REHEARSAL_WALLET },
    operatorKey: existsSync(operator) ? readOperatorPublicKey(operator) : createRehearsalOperatorKey(operator, "rehearsal"),
  };
}
