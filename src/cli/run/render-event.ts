import type { AgentEvent } from "../../agent/events.ts";
import { isoTime } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import { shortHex } from "../../core/hex.ts";
import type { DeciderStep } from "../../deciders/decider.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import type { BudgetLeft, Verdict } from "../../mandate/verdict.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import type { RehearsalEvent } from "../../worlds/rehearsal/rehearse.ts";
import type { AnyIntent } from "../../worlds/rehearsal/stage.ts";
import type { Style } from "../output.ts";
import { describeAny } from "./describe-any.ts";

type Paint = (style: Style, text: string) => string;
/** A verb and what is said of it; a line without a verb goes on from the one before. */
type Line = readonly [verb: string, text: string, style?: Style];

const VERB = 10;
/** Longest text of a model's that a terminal is given. */
const WHY = 120;

/**
 * Tells events as they happen, one line each or more, in the manner of a log that people watch.
 *
 * @param steps - also what a model with tools says and calls. Left out: not.
 */
export function eventRenderer(
  paint: Paint,
  { steps = false }: { readonly steps?: boolean } = {},
): (event: RehearsalEvent) => readonly string[] {
  let shown = 0;
  return (event) => {
    if (event.kind === "step" && !steps) return [];
    if (event.kind === "world") {
      const who = event.scripted ? `${event.model}, played by the scripted model` : event.model;
      return [paint("dim", `world      ${event.where}, throwaway key · model ${who}`)];
    }
    if (event.kind === "crash")
      return [
        `${" ".repeat(20)}${paint("yellow", "killed".padEnd(VERB))}the gateway died (${event.signal ?? "exit"}); started again on its journal`,
      ];
    const clock = isoTime(event.at).slice(11, 19);
    return linesOf(event).map(([verb, text, style], i) => {
      const which = i === 0 && event.cycle > 0 && event.cycle !== shown ? `cycle ${event.cycle}` : "";
      if (i === 0) shown = event.cycle;
      const name = verb.padEnd(VERB);
      return `${i === 0 ? clock : "        "}  ${which.padEnd(10)}${style ? paint(style, name) : name}${text}`.trimEnd();
    });
  };
}

function linesOf(event: AgentEvent<AnyIntent>): readonly Line[] {
  switch (event.kind) {
    case "cycle":
      return [];
    case "hold":
      return [["hold", `${said(event.why)}${event.called ? `   ${cost(event.cost_usd)}` : " · no call"}`, "dim"]];
    case "decide": {
      const { decision } = event;
      const what =
        decision.kind === "targets"
          ? [...decision.targets]
              .map(({ asset, weight }) => `${splitAssetId(asset).symbol} ${weight.times(100).toDecimalPlaces(2).toFixed()} %`)
              .join(", ")
          : decision.kind === "intents"
            ? decision.intents.map(describeAny).join("; ")
            : decision.kind;
      return [["decide", `${said(what)}   "${said(decision.why)}"   ${cost(event.cost_usd)}`, "bold"]];
    }
    case "step":
      return [step(event.step)];
    case "plan":
      return [["plan", said(event.plan.line)]];
    case "allowed":
      return [[event.dryRun ? "would do" : "allowed", `${describeAny(event.intent)}${left(event.left)}`, "green"]];
    case "refused":
      return refusal(event.verdict, describeAny(event.intent));
    case "unsayable":
      return [["refused", `${said(describeAny(event.intent))}: ${said(event.error.message)}`, "red"]];
    case "done":
    case "settled": {
      const { outcome } = event;
      if (outcome.kind === "refused") return refusal(outcome.verdict, "");
      const hash = outcome.transactions.at(-1)?.hash;
      const moved = outcome.done
        .map(
          ({ asset, amount }) =>
            `${amount.isPositive() ? "+" : ""}${amount.toDecimalPlaces(6).toFixed()} ${splitAssetId(asset).symbol}`,
        )
        .join("  ");
      const verb = outcome.kind === "confirmed" ? "done" : outcome.kind;
      const why = outcome.reason === null ? "" : `   ${said(outcome.reason)}`;
      return [[verb, `${hash ? `${shortHex(hash)}   ` : ""}${moved}${why}`, outcome.kind === "confirmed" ? "green" : "yellow"]];
    }
    case "error":
      return [
        ["error", `${event.error.code}: ${said(event.error.message)}${event.retryAt === null ? "" : " · looks again"}`, "yellow"],
      ];
  }
}

function step(made: DeciderStep): Line {
  switch (made.kind) {
    case "says":
      return ["says", said(made.text), "dim"];
    case "calls":
      return ["calls", said(`${made.tool} ${JSON.stringify(made.args)}`), "dim"];
    case "answered":
      return ["answered", said(`${made.tool}: ${made.status}, ${made.explanation}`), "dim"];
  }
}

function refusal(verdict: Exclude<Verdict, { kind: "allow" }>, asked: string): readonly Line[] {
  const reasons = verdict.kind === "deny" ? verdict.violations : verdict.because;
  const verb = verdict.kind === "deny" ? "refused" : "asks you";
  const width = Math.max(...reasons.map(({ code }) => code.length)) + 2;
  const lines = reasons.map(({ code, message }): Line => ["", `${code.padEnd(width)}${said(message)}`]);
  const largest: readonly Line[] = verdict.largest ? [["", said(verdict.largest.message)]] : [];
  return [[verb, said(asked), "red"], ...lines, ...largest, ["", "told the model; nothing was signed"]];
}

function left(budgets: readonly BudgetLeft[]): string {
  const spend = budgets.find(({ budget }) => budget === "max_daily_spend_usd");
  if (!spend || spend.limit === "unlimited" || spend.left === "unlimited") return "";
  return ` · ${dollars(spend.left, "down")} of ${dollars(spend.limit)} left today`;
}

function cost(usd: Decimal): string {
  return `$${usd.toDecimalPlaces(4).toFixed(4)}`;
}

function said(text: string): string {
  const clean = printable(text);
  return clean.length <= WHY * 2 ? clean : `${clean.slice(0, WHY * 2)}…`;
}
