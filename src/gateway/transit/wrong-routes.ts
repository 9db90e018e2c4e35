import type { ChainLabel } from "../../protocols/effects.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";

/**
 * Where the chains do not say of the book's warp routes what the book says, on either side, one sentence each.
 *
 * @throws {RpcError} one of them cannot be reached.
 */
export async function wrongRoutes(rails: ReadonlyMap<ChainLabel, EvmRail>): Promise<readonly string[]> {
  const asked = [...rails.values()].flatMap(({ warp }) =>
    warp.routes.flatMap((route) =>
      Object.values(route.to).flatMap((end) => {
        const far = rails.get(end.chain);
        return [
          warp.originProblems(route, end, "latest"),
          far
            ? far.warp.endProblems(end, route, "latest")
            : Promise.resolve([`${route.label} sends to ${end.chain}, which has no rail`]),
        ];
      }),
    ),
  );
  return (await Promise.all(asked)).flat();
}
