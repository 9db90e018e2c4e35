import { isoTime } from "../../core/clock.ts";
import { BPS, decimal, roundUp, ZERO } from "../../core/decimal.ts";
import type { PermitView } from "../../gateway/operator/orders.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import { change, symbolOf } from "../journal/pick.ts";

/** One line of a list: which, what it comes to, until when. */
export function renderPermitLine({ id, status, until, outflow_usd, loss_usd, calls }: PermitView): string {
  const what = printable(calls.at(-1) ?? "");
  return `${id}  ${status.padEnd(8)}  ${dollars(outflow_usd)}, at worst -${dollars(loss_usd)}  until ${isoTime(until)}  ${what}`;
}

/** All that a person needs to answer, in the gateway's facts. What the agent says comes last, as what it is. */
export function renderPermit(permit: PermitView, agentSays: string | null): string {
  const { bounds, payments, accounts, outflow_usd, loss_usd, loss_bps, gas_usd, value_usd } = permit;
  const share =
    value_usd === null || value_usd.isZero()
      ? "of a portfolio whose value is not known"
      : `${roundUp(outflow_usd.div(value_usd).times(100), 1).toFixed()} % of ${dollars(value_usd, "down")}`;
  const moves = bounds.flatMap(({ account, asset, least }) => {
    const amount = decimal(least);
    if (amount.isZero()) return [];
    const owner = `${printable(account)} ${accounts[account] ?? ""}`;
    const verb = amount.isNegative() ? "gives at most" : "gets at least";
    return [`  ${verb.padEnd(14)}${change(amount.abs()).slice(1)} ${printable(symbolOf(asset))}   ${owner}`];
  });
  const paid = payments.map(
    ({ to, asset, amount }) => `  ${"pays".padEnd(14)}${amount} ${printable(symbolOf(asset))}   to ${to}`,
  );
  const bps = loss_bps.lte(ZERO) ? "" : ` (${loss_bps.div(BPS).times(100).toFixed()} %)`;
  return [
    `${permit.id}  ${permit.status}  asked ${isoTime(permit.asked_at)}, until ${isoTime(permit.until)}`,
    ...permit.calls.map((call) => `  ${"call".padEnd(14)}${printable(call)}`),
    ...moves,
    ...paid,
    `  ${"in all".padEnd(14)}${dollars(outflow_usd)}, ${share}`,
    `  ${"worst loss".padEnd(14)}${dollars(loss_usd)}${bps} and ${dollars(gas_usd)} of gas`,
    `  ${"the agent says".padEnd(14)} ${agentSays === null ? "nothing" : JSON.stringify(printable(agentSays))}`,
  ].join("\n");
}
