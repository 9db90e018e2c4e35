import type { Funds } from "../anvil/evm-world.ts";

/** What a rehearsal's wallet starts with on a world of contracts. */
export const DEFAULT_FUNDS: Funds = { ETH: "1", WETH: "0.4", USDC: "300" };
