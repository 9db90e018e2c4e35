import { isoTime } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import type { PortfolioReport } from "../../worlds/rehearsal/portfolio-report.ts";
import type { RehearsalReport, ReportedDecision } from "../../worlds/rehearsal/report.ts";

const POINTS = 9;
const DECISIONS = 12;
const WHY = 100;

/** A portfolio's run beside its baselines: one table of figures, one of the way there, and what was decided why. */
export function renderPortfolio({ portfolio, decisions }: Pick<RehearsalReport, "portfolio" | "decisions">): readonly string[] {
  if (!portfolio) return [];
  return [
    ...table(portfolio),
    "",
    ...curve(portfolio),
    "",
    ...portfolio.rows.map(({ name, means }) => `  ${name}: ${means}.`),
    "",
    ...decisionLines(decisions),
  ];
}

function table({ rows }: PortfolioReport): readonly string[] {
  const cells = rows.map((row) => [
    row.name,
    dollars(row.value_usd, "down"),
    `${fixed(row.return_pct)} %`,
    `${fixed(row.drawdown_pct)} %`,
    dollars(row.turnover_usd, "down"),
    dollars(row.fees_usd),
    `${row.funding_usd.isNegative() ? "+" : "-"}${dollars(row.funding_usd.abs())}`,
    String(row.fills),
    String(row.liquidations),
  ]);
  return columns([["", "value", "return", "drawdown", "turnover", "fees", "funding", "fills", "liquidated"], ...cells]);
}

function curve({ rows, curve: points }: PortfolioReport): readonly string[] {
  const last = points.length - 1;
  const picked = [...new Set(Array.from({ length: POINTS }, (_, n) => Math.round((n * last) / (POINTS - 1))))].flatMap(
    (n) => points[n] ?? [],
  );
  const head = ["equity", ...rows.map(({ name }) => name)];
  return columns([
    head,
    ...picked.map(({ at, values_usd }) => [
      isoTime(at).slice(0, 16).replace("T", " "),
      ...values_usd.map((value) => dollars(value, "down")),
    ]),
  ]);
}

function decisionLines(decisions: readonly ReportedDecision[]): readonly string[] {
  const shown = decisions.slice(-DECISIONS);
  const rest = decisions.length - shown.length;
  return [
    `  decisions   ${decisions.length}${rest > 0 ? `, of which the last ${shown.length}` : ""}`,
    ...shown.map(({ at, kind, why, strategy, code }) => {
      const said = printable(why).slice(0, WHY);
      const by = strategy === null ? "" : ` · ${printable(strategy)}`;
      return `              ${isoTime(at).slice(5, 16).replace("T", " ")}  ${code ?? kind}${by}: ${said}`;
    }),
  ];
}

/** The first column to the left, figures to the right. */
function columns(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) =>
    `  ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart((widths[at] ?? 0) + 2))).join("")}`.trimEnd(),
  );
}

function fixed(value: Decimal): string {
  return value.toDecimalPlaces(2).toFixed(2);
}
