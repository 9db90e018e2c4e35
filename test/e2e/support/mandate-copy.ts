import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const SHIPPED = join(import.meta.dirname, "..", "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");

/** Writes the shipped mandate with some of its texts replaced, each of which must be there, and returns its path. */
export function mandateCopy(folder: string, changes: Readonly<Record<string, string>> = {}): string {
  let text = readFileSync(SHIPPED, "utf8");
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new TypeError(`the shipped mandate has no ${JSON.stringify(from)}`);
    text = text.replace(from, to);
  }
  const file = join(folder, "MANDATE.md");
  writeFileSync(file, text);
  return file;
}

/** Limits under which a wild market is traded every minute. */
export const BUSY = {
  "max_daily_spend_usd: 2000": "max_daily_spend_usd: 50000",
  "max_daily_loss_usd: 60": "max_daily_loss_usd: 600",
  "max_trades_per_hour: 6 ": "max_trades_per_hour: 600 ",
  "stop_loss_pct: 8": "stop_loss_pct: 90",
  "max_gas_usd_per_day: 5": "max_gas_usd_per_day: 500",
  "max_llm_usd_per_day: 1.00": "max_llm_usd_per_day: 100",
};
