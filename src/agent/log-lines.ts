import { isoTime } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import { toJson } from "../core/json.ts";
import type { Note } from "../gateway/contract.ts";
import type { Intent } from "../venues/venue.ts";
import type { CycleReport } from "./cycle.ts";
import type { AgentEvent } from "./events.ts";

/** A line for machines that watch an agent. Whoever writes it adds the machine's time. Amounts are USD as text. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: { readonly [key: string]: Json };
}

/** One line a cycle: what the portfolio was worth and what was done about it. */
export function cycleLine(report: CycleReport): LogLine {
  const { cycle, at, value_usd, decision, actions, planned, strategy, outcomes, model_calls, model_cost_usd } = report;
  const refused = outcomes.filter(({ kind }) => kind === "refused").length;
  const failed = (decision?.kind === "hold" || decision?.kind === "acted") && decision.code !== null;
  return {
    level: failed ? "warn" : "info",
    message: "cycle",
    fields: {
      tick: cycle,
      at: isoTime(at),
      portfolio_value: value_usd?.toFixed(2) ?? null,
      decision: decision?.kind ?? "hold",
      asked: decision !== null,
      failure: failed ? decision.code : null,
      selected_strategy: strategy,
      num_actions: actions,
      num_rebalance_actions: planned?.rebalances ? planned.steps : 0,
      num_refused: refused,
      estimated_cost: planned?.cost_usd.toFixed(4) ?? "0.0000",
      model_calls,
      model_cost: model_cost_usd.toFixed(6),
    },
  };
}

/** A model call, a retry among them. */
export function callLine(note: Note, cycle: number): LogLine {
  const { provider, model, attempt, retry, cost_usd, stop } = note;
  return {
    level: attempt === "repair" || Number(retry ?? 0) > 0 ? "warn" : "info",
    message: "model call",
    fields: {
      tick: cycle,
      provider: provider ?? null,
      model: model ?? null,
      attempt: attempt ?? null,
      retry: retry ?? null,
      cost: cost_usd ?? null,
      stop: stop ?? null,
    },
  };
}

/** Orders and waits. Null: nothing that deserves a line beside the cycle's own. */
export function eventLine(event: AgentEvent): LogLine | null {
  const line = (level: LogLine["level"], message: string, fields: LogLine["fields"]): LogLine => ({
    level,
    message,
    fields: { tick: event.cycle, at: isoTime(event.at), ...fields },
  });
  switch (event.kind) {
    case "allowed":
      return line("info", event.dryRun ? "order would pass" : "order sent", { intent: say(event.intent) });
    case "refused": {
      const { verdict } = event;
      const codes = (verdict.kind === "deny" ? verdict.violations : verdict.because).map(({ code }) => code);
      const largest = verdict.largest ? { largest: verdict.largest.message } : {};
      return line("warn", "order refused", { intent: say(event.intent), codes, ...largest });
    }
    case "unsayable":
      return line("warn", "order cannot be said", { intent: say(event.intent), problem: event.error.message });
    case "done":
    case "settled": {
      const { outcome } = event;
      if (outcome.kind === "refused") return null;
      const { kind, key, reason, done } = outcome;
      const level = kind === "confirmed" || kind === "open" ? "info" : "warn";
      return line(level, `order ${kind}`, { key, reason, done: toJson(done) });
    }
    case "error": {
      const { error, retryAt } = event;
      const retry = retryAt === null ? null : isoTime(retryAt);
      return line(retryAt === null ? "error" : "warn", "retry", { code: error.code, error: error.message, retry_at: retry });
    }
    case "cycle":
    case "hold":
    case "decide":
    case "step":
    case "plan":
      return null;
  }
}

function say(intent: Intent): Json {
  return toJson(intent);
}
