import { ZERO } from "../../core/decimal.ts";
import { hashOf } from "../../core/json.ts";
import { holdingKey } from "../../journal/fold-wallet.ts";
import { outcomeOf } from "../outcome.ts";
import type { WalletContext } from "../wallet-context.ts";
import type { StandingView } from "./orders.ts";

/** Both sides of a wallet as they are now: what its journal says, and what its chains say. */
export async function standingOf(wallet: WalletContext): Promise<StandingView> {
  const { state } = wallet;
  const chains = await wallet.reach(() =>
    Promise.all(
      [...wallet.parts.rails].map(async ([chain, rail]) => ({
        chain,
        journal_nonce: wallet.nonceOf(rail),
        chain_nonce: await rail.minedNonce(),
        pending_nonce: await rail.pendingNonce(),
      })),
    ),
  );
  const holdings = (await wallet.holdings()).map(({ account, asset, amount }) => ({
    account,
    asset,
    journal: state.holdings[holdingKey(account, asset)] ?? ZERO,
    chain: amount,
  }));
  const view = {
    chains,
    holdings,
    in_flight: state.open.map((key) => outcomeOf(wallet.request(key))),
    stopped: state.stopped && { code: state.stopped.code, reason: state.stopped.reason },
    high_water_usd: state.highWaterUsd,
  };
  return { ...view, hash: hashOf(view) };
}
