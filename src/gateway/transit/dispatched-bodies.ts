import { type Decimal, decimal, min, sum, ZERO } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { DispatchedBody } from "../../journal/entries.ts";
import type { RequestState } from "../../journal/fold-wallet.ts";
import type { AccountId, Holding } from "../../protocols/effects.ts";
import { readDispatches } from "../../protocols/hyperlane/read-dispatches.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import type { Sighting } from "../rails/evm/look.ts";

/**
 * What mined transactions sent to own accounts on other chains, by the messages that the mailbox took. Each counts for as
 * much as was guaranteed when the request was judged, so that a message which may never be paid out is worth nothing.
 */
export function dispatchedBodies(
  { warp }: EvmRail,
  { reserved }: RequestState,
  seen: readonly Extract<Sighting, { kind: "included" }>[],
  accounts: Readonly<Record<AccountId, Address>>,
): readonly DispatchedBody[] {
  if (warp.routes.length === 0) return [];
  const left = new Map<string, Decimal>();
  for (const { account, asset, least } of reserved.bounds) left.set(`${account} ${asset}`, decimal(least));
  return seen.flatMap(({ ok, logs }) =>
    (ok ? readDispatches(logs, warp.routes, accounts).dispatches : []).flatMap(
      ({ account, amount, end, message, route }): readonly DispatchedBody[] => {
        if (account === null) return [];
        const key = `${account} ${end.asset}`;
        const guaranteed = left.get(key) ?? ZERO;
        const counted = guaranteed.isPositive() ? min(amount, guaranteed) : ZERO;
        left.set(key, guaranteed.minus(counted));
        return [
          {
            id: message.id,
            from: route.chain,
            to: end.chain,
            mailbox: end.mailbox,
            account,
            asset: end.asset,
            amount: amount.toFixed(),
            counted: counted.toFixed(),
            message: message.bytes,
          },
        ];
      },
    ),
  );
}

/** One holding for each account and asset. */
export function inTotal(holdings: readonly Holding[]): readonly Holding[] {
  const same = (one: Holding, other: Holding) => one.account === other.account && one.asset === other.asset;
  return holdings
    .filter((held, i) => holdings.findIndex((one) => same(one, held)) === i)
    .map((held) => ({ ...held, amount: sum(holdings.filter((one) => same(one, held)).map(({ amount }) => amount)) }));
}
