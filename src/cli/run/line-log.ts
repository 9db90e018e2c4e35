import type { LogLine } from "../../agent/log-lines.ts";
import type { Logger } from "../log.ts";

/** An agent's lines as JSON, with the machine's time: `{"level":"info","timestamp":…,"tick":7,"portfolio_value":…,"msg":"cycle"}`. */
export function lineLog(log: Logger): (line: LogLine) => void {
  return ({ level, message, fields }) => log[level](fields, message);
}
