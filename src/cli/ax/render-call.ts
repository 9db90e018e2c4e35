import { decimal, roundDown } from "../../core/decimal.ts";
import { printable } from "../../mandate/render-problem.ts";
import type { ToolEffects, ToolLimit, ToolResult } from "../../tools/tool-result.ts";

/** "swap_tokens: token_in USDC, amount 5": a call in one line, safe for a terminal. */
export function renderCall(tool: string, args: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(args).map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return printable(`${tool}${told.length > 0 ? `: ${told.join(", ")}` : ""}`);
}

/** What a call would change, and what is left of the limits after it, for people. */
export function renderPreview({ verdict, explanation }: ToolResult): readonly string[] {
  if (verdict === null) return [printable(explanation)];
  return [...renderEffects(verdict.effects), ...renderLeft(verdict.limits_left)].map(printable);
}

function renderEffects({ changes, gas, calls, payments, allowances, valid_until }: ToolEffects): readonly string[] {
  return [
    "It would change:",
    ...changes.map(({ account, asset, least, most, least_usd }) => {
      const out = least.startsWith("-");
      const usd = least_usd === null ? "" : ` (${least_usd} USD)`;
      return `  ${account}  ${asset}  ${out ? least : `at least +${short(least)}`}${usd}${out || most === least ? "" : `, expected +${short(most)}`}`;
    }),
    ...payments.map(({ to, asset, amount }) => `  pays ${amount} ${asset} to ${to}`),
    ...allowances.map(({ asset, spender, after }) => `  lets ${spender} take ${after} ${asset}`),
    ...gas.map(
      ({ asset, most, most_usd }) => `  gas  at most ${short(most)} ${asset}${most_usd === null ? "" : ` (${most_usd} USD)`}`,
    ),
    `  by  ${calls.join(", ")}${valid_until === null ? "" : `, valid until ${valid_until}`}`,
  ];
}

function renderLeft(limits: readonly ToolLimit[]): readonly string[] {
  const bounded = limits.filter(({ limit }) => limit !== "unlimited");
  if (bounded.length === 0) return [];
  return ["Left after it:", ...bounded.map(({ budget, unit, left, limit }) => `  ${budget}  ${short(left)} of ${limit} ${unit}`)];
}

/** At most eight places: for people; the exact figure is in --json. */
function short(text: string): string {
  return /^-?\d+(\.\d+)?$/.test(text) ? roundDown(decimal(text), 8).toFixed() : text;
}

/** A result for people. */
export function renderResult({ status, explanation, data, error, decision_hints }: ToolResult): readonly string[] {
  const lines = [explanation];
  if (error?.suggestion) lines.push(error.suggestion);
  if (status === "success" && data !== null && typeof data === "object" && !("transactions" in data))
    lines.push(JSON.stringify(data, null, 2));
  if (status !== "error") lines.push(...decision_hints);
  return lines.flatMap((line) => line.split("\n")).map(printable);
}
