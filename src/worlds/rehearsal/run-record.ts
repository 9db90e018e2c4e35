import type { AgentEvent } from "../../agent/events.ts";
import type { Targets } from "../../planning/targets.ts";
import type { Observation } from "../../venues/venue.ts";
import type { ValuePoint } from "./portfolio-report.ts";
import type { AnyIntent, MeasuredRun } from "./stage.ts";

/** What is kept of a run while it happens, for those who measure it. */
export class RunRecord implements MeasuredRun {
  readonly values: ValuePoint[] = [];
  targets: Targets | null = null;

  hear(event: AgentEvent<AnyIntent>): void {
    if (event.kind === "cycle") this.look(event);
    if (event.kind === "decide" && event.decision.kind === "targets") this.targets ??= event.decision.targets;
  }

  /** A look that is no later than the one before it, as after an error, adds nothing. */
  look({ at, value_usd }: Pick<Observation, "at" | "value_usd">): void {
    const last = this.values.at(-1);
    if (value_usd !== null && (last === undefined || at > last.at)) this.values.push({ at, value_usd });
  }
}
