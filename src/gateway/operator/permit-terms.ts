import { BPS, type Decimal, decimal, max, roundUp, ZERO } from "../../core/decimal.ts";
import { type Hash, shortHex } from "../../core/hex.ts";
import { hashOf } from "../../core/json.ts";
import type { AskedBody, BoundBody } from "../../journal/entries.ts";
import type { Limits } from "../../mandate/terms.ts";
import type { Verdict } from "../../mandate/verdict.ts";
import type { DecodedCall } from "../../protocols/effects.ts";

type Ask = Extract<Verdict, { kind: "ask" }>;

/** What a permit is bound to: the decoded calls and the bounds that the operator is shown. */
export type PermitTerms = Omit<AskedBody, "permit" | "key" | "cycle" | "step" | "expires">;

/** Arguments that may differ between the question and the use: the bounds hold the floor, the limits the deadline. */
const MAY_DIFFER: readonly string[] = ["deadline", "least"];

/** The terms of a question, from the gateway's own assessment and from nothing that the agent says. */
export function permitTerms({ effects, atWorst }: Ask, { max_slippage_bps: slippage }: Limits): PermitTerms {
  const outflow = max(atWorst.buys_usd, atWorst.sells_usd);
  const own = outflow.isZero() ? ZERO : roundUp(atWorst.loss_usd.times(BPS).div(outflow), 2);
  // The floor is bound in tokens. What it costs moves with the price, up to what the mandate lets any trade cost.
  const bps = slippage === "unlimited" ? own : max(own, slippage);
  return {
    content: hashOf(effects.calls.map(bareCall)),
    calls: effects.calls.flatMap(wordsOf),
    bounds: effects.deltas.map(
      ({ account, asset, least, most }): BoundBody => ({
        account,
        asset,
        least: least.toFixed(),
        most: most === "unbounded" ? most : most.toFixed(),
      }),
    ),
    payments: effects.payments.map(({ to, asset, amount }) => ({ to, asset, amount: amount.toFixed() })),
    outflow_usd: outflow.toFixed(),
    loss_usd: roundUp(outflow.times(bps).div(BPS), 6).toFixed(),
    loss_bps: bps.toFixed(),
    gas_usd: atWorst.gas_usd.plus(atWorst.exit_gas_usd).toFixed(),
    value_usd: atWorst.value_usd?.toFixed() ?? null,
  };
}

/** What makes a request worse than what was shown; null: it is equal or better. */
export function worseThan(shown: PermitTerms, now: PermitTerms): string | null {
  const least = (terms: PermitTerms, { account, asset }: BoundBody): Decimal =>
    decimal(terms.bounds.find((bound) => bound.account === account && bound.asset === asset)?.least ?? "0");
  for (const bound of [...shown.bounds, ...now.bounds]) {
    const [before, after] = [least(shown, bound), least(now, bound)];
    if (after.lt(before)) return `${bound.asset}: at least ${before.toFixed()} was shown, now it is ${after.toFixed()}`;
  }
  if (decimal(now.loss_bps).gt(decimal(shown.loss_bps))) {
    return `a loss of ${shown.loss_bps} bps was shown, now it is ${now.loss_bps} bps`;
  }
  return null;
}

function bareCall({ args, raw: _raw, inner, value, ...call }: DecodedCall): object {
  return {
    ...call,
    value: value.toFixed(),
    args: Object.fromEntries(Object.entries(args).filter(([name]) => !MAY_DIFFER.includes(name))),
    inner: inner.map(bareCall),
  };
}

/** A call in words: "base/router.exactInputSingle sell=WETH buy=USDC …". What wraps other calls is told by them. */
function wordsOf({ chain, contract, to, function: name, args, value, inner }: DecodedCall): readonly string[] {
  if (inner.length > 0) return inner.flatMap(wordsOf);
  const shown = Object.entries(args)
    .filter(([key]) => !MAY_DIFFER.includes(key))
    .map(([key, text]) => `${key}=${text}`);
  const sent = value.isZero() ? [] : [`value=${value.toFixed()}`];
  return [[`${chain}/${contract ?? shortHex(to)}.${name}`, ...shown, ...sent].join(" ")];
}

/** A permit's name: twelve digits that people can type. */
export function permitId(terms: { readonly content: Hash; readonly wallet: string; readonly seq: number }): string {
  return hashOf(terms).slice(0, 12);
}
