import type { Stopped } from "../../gateway/operator/operator.ts";
import { printable } from "../../mandate/render-problem.ts";

/** Whether a wallet is stopped, in words. */
export function tellStop(stopped: Stopped): string {
  if (stopped === null) return "it may go on";
  const passes = stopped.code === "KILLED" ? "only the operator's flatten passes" : "only getting safer passes";
  return `stopped: ${printable(stopped.code)}  ${printable(stopped.reason)}; ${passes}`;
}
