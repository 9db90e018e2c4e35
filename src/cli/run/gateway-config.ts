import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { GatewayConfig } from "../../gateway/serve/run-gateway.ts";
import { isRealMoney } from "../../mandate/real-money.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { homeOf } from "../home.ts";
import type { Output } from "../output.ts";
import { firstLiveConfig } from "./first-live.ts";
import type { LiveOptions } from "./live-options.ts";
import { openPassword } from "./open-password.ts";
import { worldGatewayConfig } from "./world-gateway-config.ts";

/**
 * What a gateway is started with: for a world that runs already, its throwaway keys; elsewhere the keystore.
 *
 * @throws {FirstLiveError} for real money that starts for the first time without its operator.
 * @throws {UsageError} for a world without --world, for real money without --live, or without a keystore.
 */
export async function liveGatewayConfig(
  output: Output,
  file: string,
  mandate: Mandate,
  options: LiveOptions & { readonly operatorKey?: string; readonly goLive?: string },
  socket?: string,
): Promise<GatewayConfig> {
  const { network, keystore, live = false, world } = options;
  const { terms, rehearsal } = mandate;
  if (rehearsal) {
    if (world !== undefined) return worldGatewayConfig(mandate, { ...options, file, url: world, socket });
    const start = `mandate world ${terms.venue}`;
    throw new UsageError(`the network ${terms.network} is a world`, {
      remedy: `Run: mandate rehearse ${file}. Or start a world (${start}) and name it: --world URL. To go live, name a real network: network: NAME in the file, or --network NAME.`,
    });
  }
  if (world !== undefined) {
    throw new UsageError(`--world is for worlds; ${terms.network} is none`, {
      remedy: "Leave it out, or name a network that is.",
    });
  }
  if (isRealMoney(mandate) && !live) {
    throw new UsageError(`the network ${terms.network} is real money`, {
      remedy: `Read: mandate check ${file} --network ${terms.network}. Then add --live.`,
    });
  }
  if (keystore === undefined) {
    throw new UsageError("the wallet's key is not given", {
      remedy: "Give --keystore FILE. Make one with: mandate keys new NAME",
    });
  }
  const home = homeOf({ file, id: terms.id, network: terms.network, home: options.home });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const [operatorKey, goLive] = [options.operatorKey, options.goLive].map((path) => path && resolve(path));
  const operator = await firstLiveConfig(output, mandate, { file, home, operatorKey, goLive });
  const password = await openPassword(output, options);
  return {
    file: resolve(file),
    ...(network === undefined ? {} : { network }),
    home,
    socket: resolve(socket ?? join(home, "gateway.sock")),
    keystore: resolve(keystore),
    password,
    ...(await ownerConfig(output, mandate, options)),
    live: true,
    ...(options.forks === false ? { forks: false } : {}),
    ...operator,
  };
}

/** The owner's key where the mandate lets dollars go between an exchange's classes, and nowhere else. @throws {UsageError} */
async function ownerConfig(
  output: Output,
  { terms }: Mandate,
  { ownerKeystore, ownerPasswordFile }: LiveOptions,
): Promise<Pick<GatewayConfig, "owner">> {
  const wanted = Object.values(terms.book.exchanges).some((book) => book.class_transfers);
  if (wanted && ownerKeystore === undefined) {
    throw new UsageError("class_transfers needs the account's own key, and it is not given", {
      remedy: "Give --owner-keystore FILE, or remove class_transfers: the plan then says what it could not do.",
    });
  }
  if (!wanted && (ownerKeystore !== undefined || ownerPasswordFile !== undefined)) {
    throw new UsageError("nothing in the mandate needs the account's own key", {
      remedy: "Leave --owner-keystore out. Where dollars are to go between spot and perpetuals, write class_transfers: yes.",
    });
  }
  if (ownerKeystore === undefined) return {};
  const source = { passwordFile: ownerPasswordFile };
  const password = await openPassword(output, source, { variable: "MANDATE_OWNER_PASSWORD", of: "the owner's keystore" });
  return { owner: { keystore: resolve(ownerKeystore), password } };
}
