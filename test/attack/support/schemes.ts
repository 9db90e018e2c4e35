import type { Decimal } from "../../../src/core/decimal.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { PAYEE } from "../../gateway/support/signing-house.ts";
import { type Between, type Honest, LEAST_TRADE, type Other, type Sign, type Swap, WHOLE_TRADE } from "./moves.ts";
import { giveBack } from "./on-the-way.ts";
import type { Stage } from "./stage.ts";

const ROUTER = EVM_BOOK.chains.base.contracts.router.address;
/** Exits of a drain: both pots of gas are empty after fewer, where a trade bears much of them. */
const DRAINS = 10;
/** Of a request that nobody disturbs. */
const PLAIN = { fate: "mined", door: "typed" } as const;

/** One request of a sequence. */
export type Single = Swap | Other | Honest | Sign;

/** One exit of a drain, and the USD of gas that it asks for at most. */
export interface Drain {
  readonly kind: "drain";
  readonly gas: Decimal;
}

/** Asks the gateway. Gives whether anything was let through. */
export type Asks = (request: Single, drain?: Drain) => Promise<boolean>;

interface Hands {
  readonly asks: Asks;
  /** Of a single trade, in percent. */
  readonly part: number;
  readonly between: (does: Between) => Promise<void>;
}

type Scheme = (stage: Stage, hands: Hands) => Promise<void>;

/** Exit after exit, each as dear as a pot bears, out of what the accomplice gives back each time. */
const drain: Scheme = async (stage, { asks, part }) => {
  const { accounts, limits } = stage.house.mandate.terms;
  const { max_gas_usd_per_day: day, exit_gas_usd_per_day: exits } = limits;
  if (accounts.wallet === undefined || day === "unlimited" || exits === "unlimited") return;
  const usd = Math.max(part * 5, 0.8 * WHOLE_TRADE);
  const exit = { do: "swap", pool: 0, turned: false, usd, floor: "least", recipient: accounts.wallet, seconds: 240 } as const;
  const rest = { approve: "exact", depth: 0, twice: false, lag: false, fate: "dear", door: "typed" } as const;
  // First what the day's pot bears, then half of the exits', which is the agent's share of it.
  const pots = [day, exits.div(2)];
  for (let i = 0; i < DRAINS && pots[0]; i += 1) {
    stage.disturbed = true;
    await giveBack(stage, usd / WHOLE_TRADE);
    const allowed = await asks({ ...exit, ...rest }, { kind: "drain", gas: pots[0].times("0.95") });
    if (!allowed) pots.shift();
    await stage.look();
  }
};

/** One allowance after the other, and then a purchase: together they are more than may be spent. */
const hoard: Scheme = async (stage, { asks, part }) => {
  const usd = Math.max(part * 5, 0.8 * WHOLE_TRADE);
  for (const token of ["WETH", "GOV", "USDC"] as const) {
    const allowed = await asks({ do: "approve", token, usd, to: ROUTER, ...PLAIN });
    stage.count("hoard", allowed);
    await stage.look();
  }
  await buys(stage, usd, asks);
};

/** Cash that is promised to somebody is spent, as far as it need not be kept; then it is taken as promised. */
const promise: Scheme = async (stage, { asks, between }) => {
  const { min_cash_usd: kept = 0, max_single_trade_usd: trade } = stage.parts.limits;
  const cash = Number(stage.ledger.seen.units.USDC ?? 0n) / 1e6;
  const usd = Math.min(0.6 * WHOLE_TRADE * Math.max(0, (cash - kept) / trade), WHOLE_TRADE);
  if (usd < LEAST_TRADE) return;
  const message = { do: "sign", type: "PermitTransferFrom", symbol: "USDC", usd, to: PAYEE, seconds: 240, again: false } as const;
  const promised = await asks({ ...message, times: 1, ...PLAIN });
  stage.count("promise", promised);
  if (!promised) return;
  await buys(stage, usd, asks);
  await between({ does: "loot", which: stage.loot.size - 1, percent: 100 });
};

async function buys(stage: Stage, usd: number, asks: Asks): Promise<void> {
  const recipient = stage.house.mandate.terms.accounts.wallet;
  if (recipient === undefined) return;
  const swap = { do: "swap", pool: 0, turned: true, usd, floor: "slippage", recipient, seconds: 240 } as const;
  await asks({ ...swap, approve: "exact", depth: 0, twice: false, lag: false, ...PLAIN });
  await stage.look();
}

/** What takes several requests that only harm together. */
export const SCHEMES = { drain, hoard, promise } as const;
