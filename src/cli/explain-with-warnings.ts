import { explainMandate } from "../mandate/explain.ts";
import type { Mandate } from "../mandate/terms.ts";
import { warningsOf } from "../mandate/warnings.ts";
import type { Output } from "./output.ts";

/** A mandate in plain words, its worst case, and what somebody should mind before money follows it. */
export function explainWithWarnings(
  mandate: Mandate,
  known: Parameters<typeof warningsOf>[1],
  { style }: Pick<Output, "style">,
): string {
  const warnings = warningsOf(mandate, known).map(({ limit, message, remedy }) => `  ${limit}: ${message}\n    ${remedy}`);
  return [explainMandate(mandate), ...(warnings.length === 0 ? [] : [`${style("yellow", "mind")}\n${warnings.join("\n")}`])].join(
    "\n\n",
  );
}
