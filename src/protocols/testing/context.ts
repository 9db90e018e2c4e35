import type { Address } from "../../core/hex.ts";
import type { CallContext } from "../protocol.ts";

const at = (digit: string): Address => `0x${digit.repeat(40)}`;

export const WALLET = at("a");
export const SAVINGS = at("b");
export const STRANGER = at("c");
export const WETH = at("1");
export const USDC = at("2");
export const GOV = at("3");
export const ROUTER = at("4");
export const POOL = at("5");
export const FACTORY = at("6");

/** A book of one router, three tokens and two pools; GOV trades against USDC alone. */
export const CONTEXT: CallContext = {
  chain: "base",
  from: "wallet",
  accounts: { wallet: WALLET, savings: SAVINGS },
  book: {
    native: { symbol: "ETH" },
    assets: {
      WETH: { address: WETH, decimals: 18, kind: "weth9" },
      USDC: { address: USDC, decimals: 6, kind: "erc20" },
      GOV: { address: GOV, decimals: 18, kind: "erc20" },
    },
    contracts: {
      router: { address: ROUTER, kind: "uniswap-v3-router02" },
      factory: { address: FACTORY, kind: "uniswap-v3-factory" },
    },
    pools: {
      "WETH-USDC": { address: POOL, fee: 500, tokens: ["WETH", "USDC"] },
      "GOV-USDC": { address: at("7"), fee: 3000, tokens: ["GOV", "USDC"] },
    },
  },
};
