import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { WORLD_ADDRESSES } from "../../../src/worlds/anvil/world-addresses.ts";

const { base } = EVM_BOOK.chains;
const { vault, positions } = WORLD_ADDRESSES.contracts;

/** The rehearsal book with the world's vault and position manager in it. */
export const FULL_BOOK = {
  chains: {
    base: {
      ...base,
      assets: { ...base.assets, vUSDC: { address: vault, decimals: 6, kind: "erc4626", of: "USDC" } },
      contracts: { ...base.contracts, positions: { kind: "uniswap-v3-positions", address: positions } },
    },
  },
};
