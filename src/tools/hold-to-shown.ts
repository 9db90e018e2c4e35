import type { AssetId, Delta, Effects } from "../protocols/effects.ts";

/**
 * The asset by which a request would now do worse than what was shown of it: more goes out, or less is guaranteed to come
 * in. Null: it does no worse.
 */
export function worseThanShown(shown: Pick<Effects, "deltas">, now: Pick<Effects, "deltas">): AssetId | null {
  const same = (one: Delta, other: Delta) => one.account === other.account && one.asset === other.asset;
  const less = shown.deltas.find((delta) => {
    const found = now.deltas.find((one) => same(one, delta));
    return found === undefined ? delta.least.gt(0) : found.least.lt(delta.least);
  });
  const more = now.deltas.find(
    (delta) => delta.least.isNegative() && !delta.least.isZero() && !shown.deltas.some((one) => same(one, delta)),
  );
  return (less ?? more)?.asset ?? null;
}
