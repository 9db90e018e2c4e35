/**
 * `mandate/gateway`: for programs that ask a gateway to act, and hold no key; and for those that hold the keys and open
 * a house of gateways themselves ({@link openHouse}).
 *
 * The contract, the client that speaks it over a unix socket or TLS, and what a request and its verdict are made of.
 * Refusals are values; a {@link GatewayError} means that no verdict was reached: `settle` before anything else.
 *
 * @module
 */

export type { GatewayAddress } from "../gateway/client/http-poster.ts";
export { type GatewayClient, gatewayClient } from "../gateway/client.ts";
export type {
  Done,
  Gateway,
  GatewayState,
  Lease,
  Note,
  Outcome,
  Request,
  SentTransaction,
  WalletId,
} from "../gateway/contract.ts";
export { GatewayError, type GatewayErrorCode } from "../gateway/gateway-error.ts";
export type {
  AssetPrice,
  GatewayHealth,
  GatewayReads,
  MarketHoldings,
  MarketPrices,
  WalletLimits,
  WatchOptions,
} from "../gateway/read-contract.ts";
export {
  type HouseWallet,
  type OpenedHouse,
  type OpenHouseOptions,
  openHouse,
} from "../gateway/serve/open-house.ts";
export { type OrderGoLiveParameters, orderGoLive } from "../gateway/serve/order-go-live.ts";
export type { GatewayConfig, RunningGateway } from "../gateway/serve/run-gateway.ts";
export type { RecentOutcome } from "../journal/fold-wallet.ts";
export type { Entry } from "../journal/journal.ts";
export type { AtWorst, BudgetLeft, LargestNow, Verdict, Violation, ViolationCode } from "../mandate/verdict.ts";
export type {
  AccountId,
  Action,
  AllowanceChange,
  AssetId,
  Await,
  ChainLabel,
  DecodedCall,
  Delta,
  Effects,
  EvmCall,
  GasBound,
  Holding,
  Payment,
  Unknown,
  UnknownCode,
} from "../protocols/effects.ts";
