import { ZERO } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import { hashOf } from "../../core/json.ts";
import { allowanceKey } from "../../journal/live-allowances.ts";
import { holdingKey } from "../../journal/moved-holdings.ts";
import { liveSignatures } from "../../journal/open-signatures.ts";
import { type AssetId, assetId } from "../../protocols/effects.ts";
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
    signatures: liveSignatures(state).map(({ key, reserved, signature }) => ({
      key,
      chain: signature.chain,
      type: signature.type,
      contract: signature.contract as Address,
      spender: signature.spender as Address,
      amounts: signature.amounts.map((part) => ({ ...part, asset: part.asset as AssetId })),
      until: reserved.until ?? 0,
    })),
    stopped: state.stopped && { code: state.stopped.code, reason: state.stopped.reason },
    high_water_usd: state.highWaterUsd,
  };
  const rails = [...wallet.parts.exchanges.values()];
  const exchanges = await wallet.reach(() => Promise.all(rails.map((rail) => rail.standing())));
  const told = await wallet.reach(() => Promise.all(rails.map((rail) => rail.modeProblem())));
  const modes = rails.flatMap(({ label }, i) => {
    const problem = told[i] ?? null;
    return problem === null ? [] : [{ exchange: label, problem }];
  });
  return { ...view, modes, hash: hashOf({ ...view, holdings: holdings.map(withoutMarks(exchanges)), exchanges }) };
}

/** An account's equity moves with every mark: what is agreed to is its cash, its sizes and its orders. */
function withoutMarks(exchanges: readonly { readonly label: string }[]) {
  const moving = new Set<string>(exchanges.map(({ label }) => assetId(label, "USDC")));
  return (held: StandingView["holdings"][number]) => (moving.has(held.asset) ? { ...held, chain: null } : held);
}
