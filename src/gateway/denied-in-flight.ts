import type { Verdict, Violation } from "../mandate/verdict.ts";

/** A verdict as a denial for what is not settled yet, beside whatever else it was denied for. */
export function deniedInFlight(verdict: Verdict, waiting: number): Verdict {
  const message = `${waiting} earlier request is not settled yet; settle it first`;
  const violation: Violation = { code: "IN_FLIGHT", message };
  if (verdict.kind === "deny") return { ...verdict, violations: [...verdict.violations, violation] };
  return { kind: "deny", effects: verdict.effects, violations: [violation] };
}
