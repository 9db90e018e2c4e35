import type { RehearsalParameters } from "../../worlds/rehearsal/rehearse.ts";
import { rehearse } from "../../worlds/rehearsal/rehearse.ts";
import { interrupted } from "../interrupted.ts";
import { createLog } from "../log.ts";
import type { GlobalOptions, Output } from "../output.ts";
import { version } from "../version.ts";
import { lineLog } from "./line-log.ts";
import { eventRenderer } from "./render-event.ts";
import { renderReport } from "./render-report.ts";
import { stageLog } from "./stage-log.ts";

/** Runs a rehearsal before people's eyes: events on stderr as they happen, the report on stdout. */
export async function runRehearsal(
  output: Output,
  globals: GlobalOptions,
  parameters: Omit<RehearsalParameters, "version" | "on" | "spans" | "log" | "signal">,
): Promise<void> {
  const render = eventRenderer(output.styleAside, { steps: globals.verbose === true });
  const log = createLog(globals);
  // What happens is told in words already; the same in JSON is for whoever asks for it.
  const lines = globals.logLevel !== undefined || globals.verbose === true;
  const report = await rehearse({
    ...parameters,
    version: version(),
    spans: stageLog(log),
    ...(lines ? { log: lineLog(log) } : {}),
    signal: interrupted(),
    on: (event) => {
      for (const line of render(event)) output.say(line);
    },
  });
  if (!output.json) output.say("");
  output.document(report, () => renderReport(report));
}
