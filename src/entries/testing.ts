/**
 * `mandate/testing`: for tests of mandates, deciders and agents.
 *
 * A world of real contracts on a local chain, and a model server that speaks the providers' protocols and follows a
 * script. Everything here uses throwaway keys; nothing here may stand near a real one.
 *
 * @module
 */

export { ManualClock } from "../core/clock.ts";
export { type Random, seededRandom } from "../core/random.ts";
export { MemoryJournal } from "../journal/memory-journal.ts";
export { type BalanceRuleOptions, balanceRule, type Hostility } from "../llm/scripted/balance-rule.ts";
export type { ModelScript, ScriptCondition, ScriptRule } from "../llm/scripted/model-script.ts";
export { parseModelScript } from "../llm/scripted/parse-model-script.ts";
export { ModelScriptError } from "../llm/scripted/script-error.ts";
export { scriptRule } from "../llm/scripted/script-rule.ts";
export { shippedRule } from "../llm/scripted/shipped-rule.ts";
export {
  type ScriptedModel,
  ScriptedModelError,
  type ScriptedModelOptions,
  startScriptedModel,
} from "../llm/scripted/start-scripted-model.ts";
export type { ScriptedMessage, ScriptedRequest, ScriptedRule, ScriptedToolCall, Turn, TurnUsage } from "../llm/scripted/turn.ts";
export { EVM_BOOK } from "../worlds/anvil/evm-book.ts";
export {
  type EvmWorld,
  type EvmWorldOptions,
  type Funds,
  forkOf,
  startEvmWorld,
  type TruePrices,
  type WorldSnapshot,
} from "../worlds/anvil/evm-world.ts";
export type { RpcCall } from "../worlds/anvil/json-rpc.ts";
export { REHEARSAL_KEY, REHEARSAL_WALLET } from "../worlds/anvil/rehearsal-wallet.ts";
export type { ScenarioStep } from "../worlds/market.ts";
export type { MarketInput } from "../worlds/paper-exchange/open-market.ts";
export type { Fault, FaultConfig, FaultSite, Faults } from "../worlds/paper-exchange/server/faults.ts";
export type { PaperAccount } from "../worlds/paper-exchange/server/paper-accounts.ts";
export {
  type PaperExchange,
  type PaperExchangeOptions,
  startPaperExchange,
} from "../worlds/paper-exchange/start-paper-exchange.ts";
export {
  runStrategy,
  type StrategyAct,
  type StrategyCall,
  type StrategyRun,
  type StrategyRunParameters,
} from "../worlds/rehearsal/run-strategy.ts";
