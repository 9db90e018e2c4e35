import { isoTime } from "../../core/clock.ts";
import { type Decimal, sum } from "../../core/decimal.ts";
import { dollars } from "../../mandate/dollars.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import type { RehearsalReport } from "../../worlds/rehearsal/report.ts";
import { renderPortfolio } from "./render-portfolio.ts";

/** A rehearsal's report as people read it. */
export function renderReport(report: RehearsalReport): string {
  const { value_before_usd: before, value_after_usd: after, hold_value_usd: held, trades, refusals } = report;
  const rows: (readonly [string, string])[] = [
    ["value", `${dollars(before, "down")} → ${dollars(after, "down")}   (${signed(after.minus(before))})`],
    ...(report.portfolio
      ? []
      : [["holding", `${dollars(held, "down")} had nothing been traded   (${signed(after.minus(held))} against it)`] as const]),
    ["trades", trades.length === 0 ? "none" : String(trades.length)],
    ...shown(trades).map(
      ({ at, hash, changes }) => ["", `${isoTime(at).slice(11, 19)}  ${hash}  ${changes.map(change).join("  ")}`] as const,
    ),
    ["refused", refusals.length === 0 ? "nothing" : `${refusals.length} requests; nothing of them was signed`],
    ...shown(refusals).map(({ cycle, codes }) => ["", `cycle ${cycle}  ${codes.join(", ")}`] as const),
    [
      "costs",
      report.portfolio
        ? `${cents(report.model_cost_usd)} model${report.scripted_model ? " (scripted: what it would have cost)" : ""}; fees and funding below`
        : `${cents(report.gas_usd)} gas · ${cents(sum(trades.map(({ loss_usd }) => loss_usd)))} price and fees · ${cents(report.model_cost_usd)} model${report.scripted_model ? " (scripted: what it would have cost)" : ""}`,
    ],
    ["model", `${report.model_calls} calls made, ${report.model_calls_saved} saved by the wake gate`],
    ["crashes", report.crashes_survived === 0 ? "none" : `${report.crashes_survived} survived`],
    ...report.budgets.map(
      ({ budget, limit, left }, i) =>
        [
          i === 0 ? "budgets" : "",
          `${budget}  ${left === "unlimited" || limit === "unlimited" ? "unlimited" : `${dollars(left, "down")} of ${dollars(limit)} left`}`,
        ] as const,
    ),
    [
      "worst case",
      `${bound(report.worst_case.per_trade.total_usd)} a trade · ${bound(report.worst_case.per_day.total_usd)} a day · ${bound(report.worst_case.in_all.total_usd)} in all, were the model hostile`,
    ],
    [
      "journal",
      `${report.journal_verified ? "verified" : "DOES NOT VERIFY"} · ${report.journal_entries} entries · head ${report.journal_head.slice(0, 16)}… · ${report.home}`,
    ],
  ];
  const title = `${report.mandate}   ${report.network} · ${report.cycles} cycles`;
  const lines = [title, "", ...rows.map(([name, text]) => `  ${name.padEnd(12)}${text}`)];
  return [...lines, ...(report.portfolio ? ["", ...renderPortfolio(report)] : [])].join("\n");
}

/** The last ones: all of them are in the JSON. */
function shown<T>(all: readonly T[]): readonly T[] {
  return all.slice(-MOST_SHOWN);
}

const MOST_SHOWN = 30;

function change({ asset, amount }: { readonly asset: string; readonly amount: string }): string {
  return `${amount.startsWith("-") ? "" : "+"}${amount} ${splitAssetId(asset as `${string}/${string}`).symbol}`;
}

function signed(amount: Decimal): string {
  return amount.isNegative() ? `-${dollars(amount.negated())}` : `+${dollars(amount, "down")}`;
}

function cents(amount: Decimal): string {
  return `$${amount.toDecimalPlaces(4).toFixed()}`;
}

function bound(usd: Decimal | "unbounded"): string {
  return usd === "unbounded" ? usd : dollars(usd);
}
