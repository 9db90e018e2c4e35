import type { Decide, EvmObservation } from "mandate";

const WETH = "base/WETH";
const USDC = "base/USDC";

/** Back to half and half once WETH has left 40 % to 60 %, in swaps of at most $450. */
export const decide: Decide<EvmObservation> = (seen, { decimal }) => {
  const weth = seen.holdings.find(({ asset }) => asset === WETH);
  if (!weth?.weight || !weth.price_usd || seen.value_usd === null) return [{ kind: "HOLD", why: "something has no price" }];
  const drift = weth.weight.minus("0.5");
  const percent = weth.weight.times(100).toFixed(1);
  if (drift.abs().lte("0.1")) return [{ kind: "HOLD", why: `WETH is ${percent} % of it` }];

  const gap = drift.abs().times(seen.value_usd);
  const usd = gap.gt("450") ? decimal("450") : gap;
  const [sell, buy] = drift.gt(0) ? [WETH, USDC] : [USDC, WETH];
  const amount = drift.gt(0) ? usd.div(weth.price_usd).toDecimalPlaces(8) : usd.toDecimalPlaces(2);
  return { why: `WETH is ${percent} % of it, half is wanted`, intents: [{ kind: "SWAP", sell, buy, amount }] };
};
