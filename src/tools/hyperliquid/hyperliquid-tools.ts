import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../venues/hyperliquid/observation.ts";
import { lookTools } from "../common/look-tools.ts";
import { planTools } from "../common/plan-tools.ts";
import { STATE_TOOLS } from "../common/state-tools.ts";
import type { Tool } from "../tool.ts";
import { HYPERLIQUID_ACTION_TOOLS } from "./action-tools.ts";
import { hyperliquidWords } from "./hyperliquid-words.ts";
import { HYPERLIQUID_READ_TOOLS } from "./read-tools.ts";

/** Every typed tool of the hyperliquid venue. */
export const HYPERLIQUID_TOOLS: readonly Tool<HyperliquidIntent, HyperliquidObservation>[] = [
  ...HYPERLIQUID_READ_TOOLS,
  // Orders burn no gas.
  ...lookTools(hyperliquidWords),
  ...planTools(hyperliquidWords).filter(({ name }) => name !== "estimate_gas"),
  ...HYPERLIQUID_ACTION_TOOLS,
  ...STATE_TOOLS,
];
