import { EVM_ADDRESSES } from "./evm-addresses.ts";
import { POOLS, type PoolName, TOKENS } from "./world-spec.ts";

const { tokens, contracts, pools, feeds } = EVM_ADDRESSES;
const pool = (name: PoolName) => ({ kind: "uniswap-v3-pool", address: pools[name], fee: POOLS[name].fee });

/**
 * The network of a rehearsal, as a mandate's frontmatter has it. The addresses are the same in every world, so it can
 * stand in a mandate. The pool GOV-WETH is left out on purpose: it is there to be refused.
 */
export const EVM_BOOK = {
  chains: {
    base: {
      id: 31337,
      rpc: "world",
      native: { symbol: "ETH", priced_as: "WETH" },
      assets: {
        WETH: { address: tokens.WETH, decimals: TOKENS.WETH.decimals, kind: "weth9" },
        USDC: { address: tokens.USDC, decimals: TOKENS.USDC.decimals },
        DAI: { address: tokens.DAI, decimals: TOKENS.DAI.decimals },
        GOV: { address: tokens.GOV, decimals: TOKENS.GOV.decimals },
      },
      contracts: {
        router: { kind: "uniswap-v3-router02", address: contracts.router },
        factory: { kind: "uniswap-v3-factory", address: contracts.factory },
        quoter: { kind: "uniswap-v3-quoter02", address: contracts.quoter },
      },
      pools: {
        "WETH-USDC": pool("WETH-USDC"),
        "WETH-USDC-3000": pool("WETH-USDC-3000"),
        "GOV-USDC": pool("GOV-USDC"),
        "DAI-USDC": pool("DAI-USDC"),
      },
      feeds: {
        WETH: { kind: "chainlink", address: feeds.WETH, max_age: "1h", deviation_bps: TOKENS.WETH.feed.deviationBps },
        GOV: { kind: "chainlink", address: feeds.GOV, max_age: "1h", deviation_bps: TOKENS.GOV.feed.deviationBps },
        USDC: { peg: "1.00", band_bps: 50, feed: feeds.USDC, max_age: "25h" },
        DAI: { peg: "1.00", band_bps: 50, feed: feeds.DAI, max_age: "25h" },
      },
    },
  },
};
