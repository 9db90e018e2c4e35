import type { Instant } from "../../core/clock.ts";
import type { Hex } from "../../core/hex.ts";
import { type Action, type ChainLabel, type Effects, type Prices, splitAssetId } from "../../protocols/effects.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import type { FarSide, FarSides } from "../rails/evm/warp/assess-dispatches.ts";
import type { WalletContext } from "../wallet-context.ts";
import { deliveredAt, heldUnderWay, toldAt, underWayTo } from "./deliveries.ts";

/** The chains that actions send to, each as it is now. Nothing is asked where they send nowhere. */
export async function farSidesOf(
  wallet: WalletContext,
  rail: EvmRail,
  actions: readonly Action[],
  now: Instant,
): Promise<FarSides> {
  const sides = [...rail.warp.destinationsOf(actions)].map(
    async (chain): Promise<readonly (readonly [ChainLabel, FarSide])[]> => {
      const far = wallet.parts.rails.get(chain);
      if (!far) return [];
      const { tip, block, problems } = await wallet.reach(() => far.view(now, wallet.pinnedCode(chain)));
      const messages = underWayTo(wallet, chain);
      const arrived = await wallet.reach(() => deliveredAt(far, messages, block));
      const coming = messages.filter(({ id }) => !arrived.has(id));
      const onTheWay = coming.map(({ message, account }) => ({ message: message as Hex, account }));
      return [[chain, { reader: far.warp, tip, block, problems, onTheWay }]];
    },
  );
  return new Map((await Promise.all(sides)).flat());
}

/** Prices of every chain but the request's own, as far as they answer. */
export async function pricesBeyond(wallet: WalletContext, { chain }: EvmRail, now: Instant): Promise<Prices> {
  const prices = await wallet.fromEach(async (rail) => (rail.chain === chain ? {} : rail.prices("latest", now)));
  return Object.assign({}, ...prices);
}

/**
 * A request's effects with all that is held beyond its own chain: on the others, as the journal says it, and under way
 * between them. What has arrived at the block that was judged at is held there, and under way no more; nor is what the
 * mailbox there does not tell of.
 */
export async function withHeldBeyond(
  wallet: WalletContext,
  rail: EvmRail,
  effects: Effects,
  { block, now }: { readonly block: string; readonly now: Instant },
): Promise<Effects> {
  const { parts } = wallet;
  if (parts.rails.size < 2 || effects.before.length === 0) return effects;
  const here = underWayTo(wallet, rail.chain);
  const told = await wallet.reach(() => toldAt(rail, here, block));
  const elsewhere = wallet.expected().filter(({ asset }) => {
    const { chain } = splitAssetId(asset);
    return chain !== rail.chain && parts.rails.has(chain);
  });
  const underWay = heldUnderWay(wallet, now, new Set([...told.delivered, ...told.untold]));
  return { ...effects, before: [...effects.before, ...elsewhere, ...underWay] };
}
