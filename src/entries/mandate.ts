/**
 * `mandate`: for programs that read mandates, rehearse them, run agents, and read what was done.
 *
 * Money is {@link Decimal} in whole tokens or USD, never a number; times are milliseconds since 1970. Everything that
 * is thrown on purpose is a {@link MandateError} with a stable `code` and a `remedy`.
 *
 * @module
 */

// Running an agent: what it sees, what decides, what it is asked through.
export { type AgentParameters, type AgentReport, runAgent } from "../agent/agent.ts";
export type { AgentEvent } from "../agent/events.ts";
export { type Spans, type SpansParameters, telemetrySpans } from "../agent/spans.ts";
// Money, time, chance, errors.
export { type Clock, type Instant, isoTime, systemClock } from "../core/clock.ts";
export { Decimal, decimal, NotADecimalError } from "../core/decimal.ts";
export { InvariantError, MandateError, type MandateErrorOptions, UsageError } from "../core/errors.ts";
export type { Address, Hash, Hex } from "../core/hex.ts";
export type { Json } from "../core/json.ts";
export { type Random, seededRandom } from "../core/random.ts";
export { type CodeDeciderParameters, codeDecider } from "../deciders/code/code-decider.ts";
export { CodeError, type CodeErrorCode } from "../deciders/code/code-error.ts";
export { type LoadedCode, loadCode } from "../deciders/code/load-code.ts";
export type { CodeAnswer, CodeContext, CodeIntent, Decide } from "../deciders/code/strategy-code.ts";
export type { Decider, DeciderStep, Decision, Hands } from "../deciders/decider.ts";
export { type LoopDeciderParameters, loopDecider, type Toolset } from "../deciders/loop/loop-decider.ts";
export { type LoopShell, type LoopShellParameters, openLoopShell } from "../deciders/loop/loop-shell.ts";
export { type StructuredDeciderParameters, structuredDecider } from "../deciders/structured/structured.ts";
// Reading the record.
export type { WalletEntry, WalletEntryKind } from "../journal/entries.ts";
// What a judgment is made from.
export type { Budgets } from "../journal/fold-budgets.ts";
export { budgetsAt } from "../journal/fold-budgets.ts";
export { applyEntry, emptyWallet, type WalletState } from "../journal/fold-wallet.ts";
export {
  type Entry,
  type Head,
  JournalCorruptError,
  type JournalReader,
  JournalUnavailableError,
  MissingBodyError,
  type Seq,
  type Stream,
} from "../journal/journal.ts";
export { dereference } from "../journal/reference.ts";
export { openJournalReader } from "../journal/sqlite/open-journal-reader.ts";
export type { MirrorState, MissingBody, Verification } from "../journal/verification.ts";
export { type VerifyOptions, verifyJournal } from "../journal/verify.ts";
// Models.
export { type MemoryModelBudgetOptions, type ModelBudget, ModelBudgetError, memoryModelBudget } from "../llm/budget.ts";
export { ModelConfigError } from "../llm/model-config-error.ts";
export { modelConfigOf } from "../llm/model-config-of.ts";
export type { Answer, ModelCall, ModelFailure, ModelIdentity, ModelPort, ModelUsage, Question } from "../llm/model-port.ts";
export type { ToolModel, ToolOffer, TurnAnswer, TurnRequest } from "../llm/model-turn.ts";
export { type ModelConfig, type ResolveModelOptions, resolveModel } from "../llm/resolve-model.ts";
// Reading a mandate, and what it permits.
export type { AssetEntry, Book, ChainBook, ContractEntry, FeedEntry, PoolEntry } from "../mandate/book.ts";
export { type ExplainOptions, explainMandate, type ModelEstimate } from "../mandate/explain.ts";
export { judge } from "../mandate/judge.ts";
export { MandateFileError, type Problem, type ProblemCode } from "../mandate/mandate-file-error.ts";
export { type ParseMandateOptions, parseMandate } from "../mandate/parse-mandate.ts";
export { readMandate } from "../mandate/read-mandate.ts";
export type { Brief, Limit, Limits, Mandate, ModelTerms, PlanTerms, Terms, UnitLimits, WakeTerms } from "../mandate/terms.ts";
export { termsFromJson, termsHash, termsToJson } from "../mandate/terms-json.ts";
export type { AtWorst, BudgetLeft, LargestNow, Verdict, Violation, ViolationCode } from "../mandate/verdict.ts";
export { worstCase } from "../mandate/worst-case.ts";
export type { WorstCase, WorstCaseOptions, WorstFigure, WorstTerm } from "../mandate/worst-figure.ts";
export type { Plan, PlannedSwap, PlanStep, Skipped } from "../planning/plan.ts";
export { type Target, type Targets, TargetsError } from "../planning/targets.ts";
export type { Action, AssetId, Effects, EvmCall, NoPrice, Price, Prices } from "../protocols/effects.ts";
export {
  type InfoClient,
  InfoShapeError,
  type InfoTransport,
  InfoUnavailableError,
  infoClient,
} from "../protocols/hyperliquid/info-client.ts";
export { type RpcClient, RpcError, type RpcOptions, rpcClient } from "../protocols/json-rpc.ts";
export { EVM_TOOLS } from "../tools/evm/evm-tools.ts";
export { fileStateStore, memoryStateStore } from "../tools/file-state-store.ts";
export { candleHistory } from "../tools/history/candles.ts";
export { feedRounds } from "../tools/history/feed-rounds.ts";
export { HYPERLIQUID_TOOLS } from "../tools/hyperliquid/hyperliquid-tools.ts";
export type { Tool } from "../tools/tool.ts";
export type { PriceHistoryReads, StateStore, ToolContext } from "../tools/tool-context.ts";
export { type EvmVenueParameters, evmVenue } from "../venues/evm/evm-venue.ts";
export type { EvmIntent } from "../venues/evm/intents.ts";
export type { EvmObservation } from "../venues/evm/observation.ts";
export { type HyperliquidVenueParameters, hyperliquidVenue } from "../venues/hyperliquid/hyperliquid-venue.ts";
export type { HyperliquidIntent } from "../venues/hyperliquid/intents.ts";
export type { MarketSignals } from "../venues/hyperliquid/market-signals.ts";
export type { HyperliquidObservation } from "../venues/hyperliquid/observation.ts";
export type { HyperliquidScope } from "../venues/hyperliquid/scope.ts";
export { hyperliquidScope } from "../venues/hyperliquid/scope-of.ts";
export { type MandateVenue, venueOfMandate } from "../venues/hyperliquid/venue-of-mandate.ts";
export { type Intent, IntentError, type Observation, type Venue } from "../venues/venue.ts";
export type { ScenarioStep } from "../worlds/market.ts";
// Rehearsing.
export type { AccountFigures } from "../worlds/rehearsal/account-tally.ts";
export { DEFAULT_FUNDS } from "../worlds/rehearsal/default-funds.ts";
export type { PortfolioReport, PortfolioRow, ValuePoint } from "../worlds/rehearsal/portfolio-report.ts";
export { RehearsalError } from "../worlds/rehearsal/rehearsal-error.ts";
export {
  type RehearsalEvent,
  type RehearsalParameters,
  rehearse,
} from "../worlds/rehearsal/rehearse.ts";
export type { RehearsalReport, ReportedDecision, ReportedRefusal, ReportedTrade } from "../worlds/rehearsal/report.ts";
