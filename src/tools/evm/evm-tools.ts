import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import { lookTools } from "../common/look-tools.ts";
import { planTools } from "../common/plan-tools.ts";
import { STATE_TOOLS } from "../common/state-tools.ts";
import { UNSUPPORTED_TOOLS } from "../common/unsupported-tools.ts";
import type { Tool } from "../tool.ts";
import { EVM_ACTION_TOOLS } from "./action-tools.ts";
import { evmWords } from "./evm-words.ts";
import { EVM_READ_TOOLS } from "./read-tools.ts";
import { computeRebalanceCandidate } from "./rebalance-tool.ts";

/** Every typed tool of the evm venue: reading, planning, acting, remembering. */
export const EVM_TOOLS: readonly Tool<EvmIntent, EvmObservation>[] = [
  ...EVM_READ_TOOLS,
  ...lookTools(evmWords),
  ...planTools(evmWords),
  computeRebalanceCandidate,
  ...EVM_ACTION_TOOLS,
  ...STATE_TOOLS,
  ...UNSUPPORTED_TOOLS,
];
