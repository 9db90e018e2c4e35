import { type Spans, telemetrySpans } from "../../agent/spans.ts";
import type { Logger } from "../log.ts";

/** Each stage of a cycle as a span, and as a log line with its duration. */
export function stageLog(log: Logger): Spans {
  return telemetrySpans({
    stopwatch: () => performance.now(),
    ended: (stage, milliseconds) => log.debug({ stage, ms: Math.round(milliseconds * 1000) / 1000 }, "stage"),
  });
}
