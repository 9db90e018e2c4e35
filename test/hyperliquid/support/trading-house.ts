import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { waitOut } from "../../../src/agent/passing-error.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { Outcome } from "../../../src/gateway/contract.ts";
import type { Crash } from "../../../src/gateway/crash-point.ts";
import { type OpenedWallet, openWallet } from "../../../src/gateway/open-wallet.ts";
import { createOperatorKey, type OperatorKey, readOperatorKey } from "../../../src/gateway/operator/operator-key.ts";
import { parseMandate } from "../../../src/mandate/parse-mandate.ts";
import type { Mandate } from "../../../src/mandate/terms.ts";
import type { Action, HyperliquidAction } from "../../../src/protocols/effects.ts";
import { type InfoClient, infoClient } from "../../../src/protocols/hyperliquid/info-client.ts";
import { VenueMeters } from "../../../src/protocols/hyperliquid/weight-meter.ts";
import {
  type PaperExchange,
  type PaperExchangeOptions,
  startPaperExchange,
} from "../../../src/worlds/paper-exchange/start-paper-exchange.ts";

/** A mandate that trades two perpetuals of the paper exchange. */
export function mandateText(
  limits: Readonly<Record<string, string>> = {},
  markets: readonly string[] = [],
  { transfers = false, dead_man_switch }: { readonly transfers?: boolean; readonly dead_man_switch?: string | undefined } = {},
): string {
  const all: Readonly<Record<string, string>> = {
    max_single_trade_usd: "2000",
    max_daily_spend_usd: "10000",
    max_daily_loss_usd: "200",
    max_position_size_usd: "6000",
    max_margin_at_risk_usd: "5000",
    max_slippage_bps: "100",
    cooldown_seconds: "0",
    max_trades_per_hour: "1000",
    ...limits,
  };
  return `---
id: perps
venue: hyperliquid
network: rehearsal
numeraire: USDC
every: 60s
decider: structured
model: { provider: anthropic, id: claude-sonnet-4-5 }
limits:
${Object.entries(all)
  .map(([name, value]) => `  ${name}: ${value}`)
  .join("\n")}
networks:
  rehearsal:
    exchanges:
      hl:
        kind: hyperliquid
        api: world
        class_transfers: ${transfers ? "yes" : "no"}${dead_man_switch === undefined ? "" : `\n        dead_man_switch: ${dead_man_switch}`}
        markets:
${markets.map((line) => `          ${line}`).join("\n")}
---
Trade a little.
`;
}

export interface TradingHouse extends AsyncDisposable {
  readonly exchange: PaperExchange;
  readonly info: InfoClient;
  readonly account: { readonly address: Hex; readonly private_key: Hex };
  readonly opened: OpenedWallet;
  readonly mandate: Mandate;
  /** What an order of a market is made of: its number and its oracle's price. */
  price(coin: string): Promise<number>;
  /** Opens a cycle and asks for one request in it. */
  act(...actions: readonly HyperliquidAction["action"][]): Promise<Outcome>;
  settle(): Promise<readonly Outcome[]>;
  reopen(): Promise<OpenedWallet>;
  /** Folder of the journal. */
  readonly home: string;
  /** Null: no operator is named. */
  readonly operatorKey: OperatorKey | null;
}

/** Requests are counted by the machine's clock, which stands still for nobody. */
const NO_WEIGHTS = { weightPerMinute: 1_000_000 };

async function approve(exchange: PaperExchange, master: Hex, agent: Hex): Promise<void> {
  const now = await exchange.now();
  const client = new ExchangeClient({
    transport: new HttpTransport({ apiUrl: exchange.http, isTestnet: true }),
    wallet: privateKeyToAccount(master),
    nonceManager: () => now - 1,
  });
  await client.approveAgent({ agentAddress: privateKeyToAccount(agent).address, agentName: "house" });
}

/** The whole gateway on a paper exchange of its own. */
export async function openHouse({
  written = {},
  spotUsd = 0,
  operated = false,
  owner = null,
  dead_man_switch,
  floors = { min_day_volume_usd: 0, min_open_interest_usd: 0 },
  under = tmpdir(),
  crash,
  deadlineMs = 5_000,
  via = async (http) => http,
  ...options
}: PaperExchangeOptions & {
  /** Where the journal's folder is made. */
  readonly under?: string;
  readonly crash?: Crash;
  /** How long the gateway waits for an answer, by the machine's time. */
  readonly deadlineMs?: number;
  /** Where the gateway finds the exchange, given its URL: something that stands before it. */
  readonly via?: (http: string) => Promise<string>;
  readonly written?: Readonly<Record<string, string>>;
  /** Dollars in spot to begin with, whole: HYPE's spot market is in the book then. */
  readonly spotUsd?: number;
  /** Whether it has an operator. */
  readonly operated?: boolean;
  /** With the mandate's word for transfers between classes: the account's own key, somebody else's, or nobody's. */
  readonly owner?: "own" | "foreign" | "none" | null;
  /** What a perpetual's market must have at least, to be opened in. */
  readonly floors?: { readonly min_day_volume_usd: number; readonly min_open_interest_usd: number };
  /** After how long without a cycle everything that rests is cancelled: "60s". */
  readonly dead_man_switch?: string;
} = {}): Promise<TradingHouse> {
  const exchange = await startPaperExchange({ seed: "trading house", accounts: 2, usdc: 10_000, limits: NO_WEIGHTS, ...options });
  const info = infoClient({ url: exchange.http });
  const [account] = exchange.accounts;
  if (!account) throw new Error("no account");
  const { universe } = await info.perpMeta();
  const pins = universe.map(
    ({ name, szDecimals }, asset) =>
      `"${name}:perp": { asset: ${asset}, sz_decimals: ${szDecimals}, min_day_volume_usd: ${floors.min_day_volume_usd}, min_open_interest_usd: ${floors.min_open_interest_usd} }`,
  );
  if (spotUsd > 0) {
    exchange.exchange.usdClassTransfer(account.address, String(spotUsd), false);
    const token = (await info.spotMeta()).tokens.find(({ name }) => name === "HYPE")?.tokenId;
    pins.push(
      `"HYPE:spot": { asset: 10107, sz_decimals: 2, coin: "@107", token_id: "${token}", priced_by: HYPE, min_day_volume_usd: 0 }`,
    );
  }
  const text = mandateText(written, pins, { transfers: owner !== null, dead_man_switch });
  // Where the account's own key is the owner's, an API wallet trades.
  const agent = owner === null ? account.private_key : keccak256(toHex("the API wallet of a trading house"));
  if (owner !== null) await approve(exchange, account.private_key, agent);
  const [, other] = exchange.accounts;
  const ownerKey = owner === "own" ? account.private_key : owner === "foreign" ? other?.private_key : undefined;
  const mandate = parseMandate(text, { file: "MANDATE.md", worldWallet: account.address });
  const home = mkdtempSync(join(under, "house-"));
  if (operated) createOperatorKey(join(home, "operator.key"));
  const operatorKey = operated ? readOperatorKey(join(home, "operator.key")) : null;
  const endpoint = await via(exchange.http);
  const open = () =>
    openWallet({
      ...(operatorKey === null ? {} : { operatorKey: operatorKey.publicKey }),
      ...(crash ? { crash } : {}),
      venueDeadlineMs: deadlineMs,
      venues: new VenueMeters(options.limits?.weightPerMinute ?? NO_WEIGHTS.weightPerMinute),
      home,
      terms: mandate.terms,
      signer: privateKeyToAccount(agent),
      ...(ownerKey === undefined ? {} : { owner: privateKeyToAccount(ownerKey) }),
      keyFile: join(home, "key"),
      clock: { now: () => exchange.now() },
      endpoints: { hl: endpoint },
      onMirrorFailure: (failure) => {
        throw failure;
      },
    });
  // A short deadline is the test's, and a machine that is busy is no venue that is away.
  let opened = await waitOut(open, { clock: exchange.clock }).catch(async (refused) => {
    await exchange.stop();
    rmSync(home, { recursive: true, force: true });
    throw refused;
  });
  const house: TradingHouse = {
    exchange,
    info,
    account,
    mandate,
    home,
    operatorKey,
    get opened() {
      return opened;
    },
    async price(coin) {
      const [meta, contexts] = await info.perpMetaAndContexts();
      const at = meta.universe.findIndex(({ name }) => name === coin);
      return contexts[at]?.oraclePx.toNumber() ?? Number.NaN;
    },
    async act(...actions) {
      const { lease, cycle } = await opened.gateway.open(opened.wallet);
      const wrapped = actions.map((action): Action => ({ rail: "hyperliquid", from: "wallet", action }));
      const [first, ...rest] = wrapped;
      if (!first) throw new Error("no action");
      return opened.gateway.request({ wallet: opened.wallet, lease, cycle, step: 1, actions: [first, ...rest] });
    },
    settle: () => opened.gateway.settle(opened.wallet),
    async reopen() {
      await opened.close();
      opened = await open();
      return opened;
    },
    async [Symbol.asyncDispose]() {
      await opened.close();
      await exchange.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return house;
}
