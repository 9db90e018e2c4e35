import type { Limits } from "./terms.ts";

/** Whether the agent may call a tool. The agent process asks; the gateway sees no tools. */
export function toolAllowed({ allowed_tools: allowed }: Pick<Limits, "allowed_tools">, name: string): boolean {
  return allowed === "all" || allowed.includes(name);
}
