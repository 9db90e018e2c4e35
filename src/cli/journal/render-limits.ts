import { isoTime } from "../../core/clock.ts";
import { Decimal } from "../../core/decimal.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import type { Limit } from "../../mandate/terms.ts";
import type { Output } from "../output.ts";
import type { LimitLine, Standing } from "./read-limits.ts";

/** Where a wallet stands with its limits, as a table for people. */
export function renderLimits(standing: Standing, { style }: Pick<Output, "style">): string {
  const heads = ["limit", "left", "of", "used", "refills from (UTC)"];
  const rows = standing.limits.map((line) => [
    line.unit === "USD" || !line.limit.startsWith("max_daily_spend") ? line.limit : `${line.limit} ${line.unit}`,
    figure(line.left, line, "down"),
    figure(line.most, line, "down"),
    figure(line.used, line, "up"),
    line.refills === null ? "" : line.refills.replace("T", " ").replace("Z", "").slice(0, 19),
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const table = [heads, ...rows].map((row) =>
    row
      .map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const { stopped, cooldown_until, open_requests, high_water_usd, under_way } = standing;
  return [
    `${standing.mandate}   ${standing.network} · as of ${standing.as_of}`,
    "",
    ...table,
    "",
    ...(stopped
      ? [style("red", `stopped: ${printable(stopped.code)}  ${printable(stopped.reason)}; only getting safer passes`)]
      : []),
    ...under_way.map(
      ({ from, to, asset, amount, since, counts }) =>
        `under way from ${from} to ${to} since ${isoTime(since)}: ${amount.toFixed()} ${asset.slice(asset.indexOf("/") + 1)}${counts ? "" : "; overdue, it counts as nothing until it arrives"}`,
    ),
    ...(cooldown_until ? [`cooldown until ${cooldown_until}`] : []),
    ...(open_requests > 0 ? [`${open_requests} open: counted at the most that they can take, until they are settled`] : []),
    `high-water mark ${high_water_usd ? dollars(high_water_usd, "down") : "not known yet"}`,
  ].join("\n");
}

function figure(value: Limit, { unit }: LimitLine, rounding: "up" | "down"): string {
  if (value === "unlimited") return value;
  if (unit === "USD") return dollars(value, rounding);
  return value.toDecimalPlaces(6, rounding === "up" ? Decimal.ROUND_UP : Decimal.ROUND_DOWN).toFixed();
}
