import type { RailDesk } from "./rail-desk.ts";
import { EvmDesk } from "./rails/evm/evm-desk.ts";
import { EvmRail } from "./rails/evm/evm-rail.ts";
import { HyperliquidDesk } from "./rails/hyperliquid/hyperliquid-desk.ts";
import type { HyperliquidRail } from "./rails/hyperliquid/hyperliquid-rail.ts";
import type { WalletContext } from "./wallet-context.ts";

/** The pipeline's hands on a rail. */
export function deskFor(wallet: WalletContext, rail: EvmRail | HyperliquidRail): RailDesk {
  return rail instanceof EvmRail ? new EvmDesk(wallet, rail) : new HyperliquidDesk(wallet, rail);
}
