import type { Instant } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { WalletState } from "../../journal/fold-wallet.ts";
import { countedOf } from "../../journal/transit.ts";
import type { AssetId } from "../../protocols/effects.ts";
import type { UnderWay } from "../contract.ts";

/** What left one chain for an own account on another and has not arrived, oldest first. */
export function underWayIn({ transit }: Pick<WalletState, "transit">, now: Instant): readonly UnderWay[] {
  return Object.values(transit.underWay).map((state) => {
    const { id, from, to, account, asset, amount, since } = state;
    const counts = !countedOf(state, now).isZero();
    return { id, from, to, account, asset: asset as AssetId, amount: decimal(amount), since, counts };
  });
}
