import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealKeystore } from "../../../src/gateway/keys/seal-keystore.ts";
import type { GatewayConfig } from "../../../src/gateway/serve/run-gateway.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { SHIPPED } from "./mandate-copy.ts";
import { type Scratch, scratch } from "./scratch.ts";

export const PASSWORD = "a password of the tests";

export interface Stage extends Scratch {
  readonly home: string;
  readonly config: GatewayConfig;
}

/** A folder with a keystore, and the configuration of a gateway for the shipped mandate in the world at `url`. */
export function gatewayStage(url: string, changes: Partial<GatewayConfig> = {}): Stage {
  const { folder, [Symbol.dispose]: dispose } = scratch();
  const home = join(folder, "home");
  const keystore = join(folder, "key.json");
  writeFileSync(keystore, sealKeystore({ privateKey: REHEARSAL_KEY, class: "rehearsal", password: PASSWORD }), { mode: 0o600 });
  const config: GatewayConfig = {
    file: SHIPPED,
    home,
    socket: join(folder, "gateway.sock"),
    keystore,
    password: PASSWORD,
    live: false,
    world: { url, wallet: REHEARSAL_WALLET },
    ...changes,
  };
  return { folder, home, config, [Symbol.dispose]: dispose };
}
