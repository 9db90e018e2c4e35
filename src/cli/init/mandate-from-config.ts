import { InvariantError } from "../../core/errors.ts";
import type { AgentConfig } from "./read-agent-config.ts";

/** A template's text with what a config says of model, cadence and thresholds put in. */
export function mandateFromConfig(template: string, config: AgentConfig): string {
  const { provider, model, temperature, max_tokens, every_seconds, threshold_points, min_trade_usd, slippage_bps } = config;
  const entries = (pairs: readonly (readonly [string, { toFixed(): string } | string | null])[]) =>
    pairs.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${typeof value === "string" ? value : value.toFixed()}`]));
  let text = template;
  const put = (key: string, value: string) => {
    const line = new RegExp(`^${key}: .*$`, "m");
    if (!line.test(text)) throw new InvariantError(`the template has no ${key}`);
    text = text.replace(line, () => `${key}: ${value}`);
  };
  put("id", "from-config");
  put("title", "Taken from config.toml");
  if (every_seconds !== null) put("every", `${every_seconds.toFixed()}s`);
  if (provider !== null && model !== null) {
    put(
      "model",
      `{ ${entries([
        ["provider", provider],
        ["id", JSON.stringify(model)],
        ["temperature", temperature],
        ["max_tokens", max_tokens],
      ]).join(", ")} }`,
    );
  }
  const plan = entries([
    ["threshold_points", threshold_points],
    ["min_trade_usd", min_trade_usd],
    ["slippage_bps", slippage_bps],
  ]);
  if (plan.length > 0) put("plan", `{ ${plan.join(", ")} }`);
  if (config.wallet !== null) text = text.replace(/# wallet: "0x…".*$/gm, () => `wallet: "${config.wallet}"`);
  return text;
}
