import { isoTime } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import type { Intention } from "../../journal/read-intention.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import type { Output } from "../output.ts";
import { symbolOf } from "./pick.ts";

/** What an agent is trying to do, and why it does not. What it noted of itself is its own word. */
export function renderIntention(intention: Intention, { style }: Pick<Output, "style">): string {
  const { decided, plan, refused, stopped, open } = intention;
  return [
    `cycle ${intention.cycle} · ${isoTime(intention.at).slice(0, 19)} UTC`,
    "",
    ...(decided === null ? ["decided   nothing yet"] : decidedLines(decided)),
    ...(plan === null ? ["plan      none yet"] : planLines(plan, intention.cycle)),
    ...refused.flatMap(({ code, message, largest }, i) => [
      `${i === 0 ? "refused   " : INDENT}${safe(code)}  ${safe(message)}`.trimEnd(),
      ...(largest === undefined ? [] : [`${INDENT}${safe(largest)}`]),
    ]),
    ...(open > 0 ? [`waiting   ${open} ${open === 1 ? "request" : "requests"} open`] : []),
    ...(stopped ? [style("red", `stopped   ${safe(stopped.code)}  ${safe(stopped.reason)}; only getting safer passes`)] : []),
  ].join("\n");
}

const INDENT = " ".repeat(10);

function decidedLines({ cycle, by, because, kind, why, targets }: NonNullable<Intention["decided"]>): readonly string[] {
  const said = why === "" ? "" : `  "${safe(why)}"`;
  const weights = targets.map(
    ({ asset, weight, now }) =>
      `${INDENT}${symbolOf(safe(asset))}  ${percent(weight)}${now === null ? "" : ` (now ${percent(now)})`}`,
  );
  return [`decided   ${safe(kind)}${said}   cycle ${cycle}, by the ${safe(by)}: ${safe(because)}`, ...weights];
}

function planLines(
  { cycle, line, cost_usd, steps, skipped, clipped }: NonNullable<Intention["plan"]>,
  now: number,
): readonly string[] {
  const cost = steps.length > 0 && cost_usd ? `   cost ${dollars(cost_usd)}` : "";
  const of = cycle === now ? "" : `   cycle ${cycle}`;
  return [
    `plan      ${safe(line)}${cost}${of}`,
    ...steps.map(
      ({ reason, value_usd }, i) => `${INDENT}${i + 1}. ${safe(reason)}${value_usd ? `   ${dollars(value_usd)}` : ""}`,
    ),
    ...skipped.map(
      ({ asset, reason, detail }) => `${INDENT}left alone: ${symbolOf(safe(asset))}, ${safe(reason)}: ${safe(detail)}`,
    ),
    ...clipped.map(
      ({ asset, reason, wanted_usd, planned_usd }) =>
        `${INDENT}made smaller: ${symbolOf(safe(asset))}, ${dollars(planned_usd)} of ${dollars(wanted_usd)} (${safe(reason)})`,
    ),
  ];
}

function percent(weight: Decimal): string {
  return `${weight.times(100).toDecimalPlaces(2).toFixed()} %`;
}

function safe(written: string): string {
  const told = [...printable(written)];
  return told.length > 200 ? `${told.slice(0, 199).join("")}…` : told.join("");
}
