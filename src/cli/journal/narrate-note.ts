import { type Decimal, ZERO } from "../../core/decimal.ts";
import { canonicalJson, type Json } from "../../core/json.ts";
import { dollars } from "../../mandate/dollars.ts";
import { printable } from "../../mandate/render-problem.ts";
import { describeIntent } from "../../venues/evm/describe-intent.ts";
import { readEvmIntent } from "../../venues/evm/intents.ts";
import { describeIntent as describeExchangeIntent } from "../../venues/hyperliquid/describe-intent.ts";
import { readHyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import { IntentError } from "../../venues/venue.ts";
import type { Told } from "./narrate-verdict.ts";
import { amount, list, pick, symbolOf, text } from "./pick.ts";

export interface NoteContext {
  /** What the model calls since the last decision cost, in USD. */
  readonly spent: Decimal;
  /** Everything, not only what people ask for first. */
  readonly all: boolean;
}

/** What an agent noted of itself, as people read it. Notes are the agent's word: anything may stand in them. */
export function narrateNote(note: Json, { spent, all }: NoteContext): readonly Told[] {
  switch (text(note, "kind")) {
    case "decided":
      return decided(note, spent);
    case "planned":
      return planned(note, all);
    case "unsayable":
      return [["unsayable", `${text(note, "error", "message")} · never reached the gateway`]];
    case "model-call":
      return all ? [["model", `${text(note, "provider")}/${text(note, "model")} ${cost(amount(note, "cost_usd") ?? ZERO)}`]] : [];
    case "model-answer":
      return all ? [["answer", text(note, "answer").trim()]] : [];
    case "observed": {
      const value = amount(note, "seen", "value_usd");
      return all ? [["observed", value ? `worth ${dollars(value, "down")}` : "no value known"]] : [];
    }
    case "loop-turn": {
      const calls = list(note, "calls").map((call) => text(call, "tool"));
      const said = [text(note, "text").trim(), ...(calls.length > 0 ? [`calls ${calls.join(", ")}`] : [])];
      return all ? [["says", cut(said.filter((part) => part !== "").join(" · "))]] : [];
    }
    case "model-reserved":
    case "loop-opened":
      return [];
    case "loop-system":
      return all ? [["begins", `${list(note, "tools").length} tools`]] : [];
    case "loop-nudge":
      return all ? [["nudged", "told to act or to end"]] : [];
    case "loop-result":
      return all && pick(note, "blocked") === true ? [["blocked", cut(`${text(note, "tool")}: ${text(note, "text")}`)]] : [];
    case "loop-ended": {
      const used = ["turns", "tool_calls", "tokens"].map((name) => `${String(pick(note, name))} ${name.replace("_", " ")}`);
      return all ? [["ended", [text(note, "code"), used.join(", ")].filter((part) => part !== "").join(" · ")]] : [];
    }
    case "tool-call":
      return all ? [["tool", cut(`${text(note, "tool")}: ${text(note, "status")}, ${text(note, "explanation")}`)]] : [];
    default:
      return all ? [["noted", cut(canonicalJson(note))]] : [];
  }
}

function decided(note: Json, spent: Decimal): readonly Told[] {
  const decision = pick(note, "decision");
  const why = text(decision, "why");
  const price = text(note, "by") === "wake-gate" ? "no call" : cost(spent);
  switch (text(decision, "kind")) {
    case "hold":
      return [["hold", [why, text(decision, "code"), price].filter((part) => part !== "").join(" · ")]];
    case "acted":
      return [["acted", [why, text(decision, "code"), price].filter((part) => part !== "").join(" · ")]];
    case "targets": {
      const weights = list(decision, "targets").map(
        (target) =>
          `${symbolOf(text(target, "asset"))} ${amount(target, "weight")?.times(100).toDecimalPlaces(2).toFixed() ?? "?"} %`,
      );
      return [["decide", `${weights.join(", ")}  "${why}"  ${price}`]];
    }
    case "intents": {
      const [first = "", ...rest] = list(decision, "intents").map(describe);
      return [["decide", `${first}  "${why}"  ${price}`], ...rest.map((line): Told => ["", line])];
    }
    default:
      return [["decide", cut(canonicalJson(decision ?? null))]];
  }
}

function planned(note: Json, all: boolean): readonly Told[] {
  const failure = text(note, "error", "message");
  if (failure !== "") return [["plan", failure]];
  const steps = list(note, "plan", "steps").length;
  if (steps === 0 && !all) return [];
  const costs = amount(note, "plan", "cost_usd");
  return [["plan", `${text(note, "plan", "line")}${steps > 0 && costs ? `   cost ${dollars(costs)}` : ""}`]];
}

function describe(intent: Json): string {
  try {
    // A market is an exchange's word; intents of chains have none.
    return printable(
      pick(intent, "market") === undefined
        ? describeIntent(readEvmIntent(intent))
        : describeExchangeIntent(readHyperliquidIntent(intent, "hl")),
    );
  } catch (error) {
    if (!(error instanceof IntentError)) throw error;
    return cut(canonicalJson(intent));
  }
}

/** Model calls cost fractions of a cent: four decimal places. */
function cost(usd: Decimal): string {
  return `$${usd.toDecimalPlaces(4).toFixed(4)}`;
}

function cut(line: string): string {
  const safe = printable(line);
  return safe.length > 120 ? `${safe.slice(0, 119)}…` : safe;
}
