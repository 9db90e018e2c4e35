import type { Mandate } from "../../mandate/terms.ts";
import { GatewayStartError } from "../gateway-start-error.ts";

/** Endpoints by chain label, the word "world" replaced. */
export function endpointsOf({ terms }: Pick<Mandate, "terms">, world: string | undefined): Readonly<Record<string, string>> {
  const chains = Object.entries(terms.book.chains).map(([chain, { rpc }]) => [chain, rpc] as const);
  const exchanges = Object.entries(terms.book.exchanges).map(([label, { api }]) => [label, api] as const);
  return Object.fromEntries(
    [...chains, ...exchanges].map(([chain, rpc]) => {
      if (rpc !== "world") return [chain, rpc];
      if (world === undefined) {
        throw new GatewayStartError("NO_WORLD", `the network ${terms.network} is a world, and none is running`, {
          remedy: "Rehearse the mandate instead (mandate rehearse FILE), or name another network.",
        });
      }
      return [chain, world];
    }),
  );
}
