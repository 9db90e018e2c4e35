import { modelSpentToday } from "../journal/model-costs.ts";
import { budgetsLeft } from "../mandate/judge.ts";
import type { GatewayState } from "./contract.ts";
import { heldPermits } from "./held-permits.ts";
import { outcomeOf } from "./outcome.ts";
import { underWayIn } from "./transit/under-way-in.ts";
import type { WalletContext } from "./wallet-context.ts";

/** What an agent is told of its wallet: from the journal alone, no node is asked. */
export async function gatewayState(wallet: WalletContext): Promise<GatewayState> {
  const now = await wallet.now();
  const { parts, state } = wallet;
  const underWay = underWayIn(state, now);
  return {
    wallet: parts.wallet,
    now,
    lease: state.lease,
    cycle: state.cycle,
    stopped: state.stopped && { code: state.stopped.code, reason: state.stopped.reason },
    open: state.open.map((key) => outcomeOf(wallet.request(key))),
    budgets: budgetsLeft(parts.terms, await wallet.budgets(now, state.cycle)),
    holdings: wallet.expected(),
    high_water_usd: state.highWaterUsd,
    model_spent_today_usd: modelSpentToday(state, now),
    recent: state.recent,
    permits: heldPermits(state, now),
    ...(underWay.length === 0 ? {} : { under_way: underWay }),
    ...(state.following && { following: state.following }),
  };
}
