import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const SHIPPED = join(import.meta.dirname, "..", "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");

/** Writes the shipped mandate with other values for some keys (the first line that has each), and returns its path. */
export function mandateCopy(folder: string, values: Readonly<Record<string, string | number>> = {}): string {
  let text = readFileSync(SHIPPED, "utf8");
  for (const [key, value] of Object.entries(values)) {
    const line = new RegExp(`^( *)${key}:.*$`, "m");
    if (!line.test(text)) throw new TypeError(`the shipped mandate has no ${key}`);
    text = text.replace(line, `$1${key}: ${value}`);
  }
  const file = join(folder, "MANDATE.md");
  writeFileSync(file, text);
  return file;
}

/** Makes the network `rehearsal` one that stands at an endpoint of its own, like a real one. */
export function standingAt(url: string, wallet: string): Readonly<Record<string, string>> {
  return {
    rpc: `${url}\n        confirmations: 1\n        block_seconds: 1`,
    "  rehearsal": `\n    wallet: "${wallet}"`,
  };
}

/** Limits under which a wild market is traded every minute. */
export const BUSY = {
  max_daily_spend_usd: 50_000,
  max_daily_loss_usd: 600,
  max_trades_per_hour: 600,
  stop_loss_pct: 90,
  max_gas_usd_per_day: 500,
  max_llm_usd_per_day: 100,
};
