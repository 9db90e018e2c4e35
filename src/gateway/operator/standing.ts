import { ZERO } from "../../core/decimal.ts";
import { lower } from "../../core/hex.ts";
import { hashOf } from "../../core/json.ts";
import { holdingKey } from "../../journal/fold-wallet.ts";
import { allowanceKey } from "../../journal/live-allowances.ts";
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
  const allowances = (await wallet.allowances())
    .map(({ owner, asset, spender, amount }) => {
      const name = { owner: lower(owner), asset, spender };
      return { ...name, journal: state.known[allowanceKey(name)] ?? ZERO, chain: amount };
    })
    .filter(({ journal, chain }) => !journal.isZero() || !chain.isZero());
  const view = {
    chains,
    holdings,
    allowances,
    in_flight: state.open.map((key) => outcomeOf(wallet.request(key))),
    stopped: state.stopped && { code: state.stopped.code, reason: state.stopped.reason },
    high_water_usd: state.highWaterUsd,
  };
  return { ...view, hash: hashOf(view) };
}
