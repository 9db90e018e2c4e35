import type { Address } from "../../core/hex.ts";
import type { PoolName, TokenSymbol } from "./world-spec.ts";

/** What a build puts where. Addresses in lower case. */
export interface EvmAddresses {
  readonly tokens: Readonly<Record<TokenSymbol, Address>>;
  readonly contracts: Readonly<
    Record<"factory" | "positions" | "router" | "quoter" | "multicall3" | "vault" | "market", Address>
  >;
  readonly pools: Readonly<Record<PoolName, Address>>;
  /** Each answers USD with 8 decimals. */
  readonly feeds: Readonly<Record<TokenSymbol, Address>>;
}

/** Where everything lies in every EVM world. A build that puts something elsewhere is refused. */
export const EVM_ADDRESSES: EvmAddresses = {
  tokens: {
    WETH: "0x8dea4115bfc9439eb31aeb73cca2398d552b8644",
    USDC: "0x2c93b5ae64fccde4a15d938506f0fa3c101a20a1",
    DAI: "0x1fb9ad4de2b3ae2edcef1a0ea4b378451a73ef36",
    GOV: "0xc3894cb68ec156d079fcf7f010176ee8ec0f966d",
  },
  contracts: {
    factory: "0x26c6844c297f37869093c0895eb2d56c90d06bce",
    positions: "0xd0fe3fbaed5297114931f26e2b05a0ddc2a529d0",
    router: "0x95455c77a0fe2be795b4fb6e182ab432d9caf0fb",
    quoter: "0x6e7677ce117390dfcafc54b7ef595a965f384cdc",
    multicall3: "0x09419cab2d96642f53020fbeec39f024165abf8b",
    vault: "0x27d3c639b54adaad4a2eb78e1ae904231107b18b",
    market: "0x3ad41640e559634295117c47f82e940b1b87bb0a",
  },
  feeds: {
    WETH: "0x94dd4cae4fdcf13cc2f0fab96d5c9e325e6971b9",
    USDC: "0x4ffeddf4229be8789f59743d159401e5d54f6af0",
    DAI: "0xd00faebff5fbb42c0e8da1b580739552ad69b5e5",
    GOV: "0x7c7c0d2c76ba8bdbd286c690c0cdfa569892027d",
  },
  pools: {
    "WETH-USDC": "0x96d47d3b98f6a80f1d05715788f4c0700f921809",
    "WETH-USDC-3000": "0xfd5caf73af04498c39f186a5f1a5e948f0667253",
    "GOV-USDC": "0xef0938860cf78fade3605f8fe87b4f96f8edbeac",
    "DAI-USDC": "0x5b8a89195a3010ea1e128319e7c0af5b2cb559dd",
    "GOV-WETH": "0x4f905b8a3c5fa93f9c5d2cd80213f1849503f68a",
  },
};
