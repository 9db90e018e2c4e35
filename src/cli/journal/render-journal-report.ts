import { isoTime } from "../../core/clock.ts";
import { type Decimal, decimal } from "../../core/decimal.ts";
import type { JournalReport } from "../../journal/read-report.ts";
import { dollars } from "../../mandate/dollars.ts";

/** What became of the money, a line for each figure. */
export function renderJournalReport(report: JournalReport): string {
  const { value_first_usd: first, value_last_usd: last, hold_value_usd: held, requests } = report;
  const lines: readonly (readonly [string, string])[] = [
    ["value", `${value(first)} → ${value(last)}${first && last ? ` (${share(last.minus(first), first)})` : ""}`],
    ["holding", held ? `${value(held)}${last ? `: the agent is ${beside(last.minus(held))}` : ""}` : "not known"],
    ["drawdown", `${report.drawdown_pct.toDecimalPlaces(2).toFixed()} % at the deepest`],
    ["turnover", dollars(report.turnover_usd)],
    ["fees", report.fees_usd ? signed(report.fees_usd) : "none apart: on chains they are part of the price"],
    ["given up", `${dollars(report.given_up_usd)} against the pinned prices, fees included`],
    ["gas", dollars(report.gas_usd)],
    ["model", `${fine(report.model_usd)} in ${report.model_calls} calls`],
    [
      "requests",
      Object.entries(requests)
        .filter(([, count]) => count > 0)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(" · ") || "none",
    ],
  ];
  const span = `${isoTime(report.from).slice(0, 16)} to ${isoTime(report.until).slice(0, 16)} UTC · ${report.cycles} cycles`;
  return [span, "", ...lines.map(([name, told]) => `${name.padEnd(10)}${told}`)].join("\n");
}

function value(usd: Decimal | null): string {
  return usd === null ? "not known" : dollars(usd, "down");
}

function share(change: Decimal, of: Decimal): string {
  if (of.isZero()) return "from nothing";
  const percent = change.times(100).div(of).toDecimalPlaces(2);
  return `${percent.isNegative() ? "" : "+"}${percent.toFixed()} %`;
}

function beside(difference: Decimal): string {
  if (difference.abs().lt(decimal("0.01"))) return "level with it";
  return `${dollars(difference.abs(), "down")} ${difference.isNegative() ? "behind" : "ahead"}`;
}

/** A rebate is less than nothing. */
function signed(usd: Decimal): string {
  return usd.isNegative() ? `-${dollars(usd.abs(), "down")}` : dollars(usd);
}

/** Model calls cost fractions of a cent. */
function fine(usd: Decimal): string {
  return `$${usd.toDecimalPlaces(4).toFixed(4)}`;
}
