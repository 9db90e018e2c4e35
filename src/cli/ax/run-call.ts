import type { Verdict } from "../../mandate/verdict.ts";
import { worseThanShown } from "../../tools/hold-to-shown.ts";
import { ToolError } from "../../tools/tool-error.ts";
import type { ToolResult } from "../../tools/tool-result.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import type { Output } from "../output.ts";
import type { ToolHouse } from "../tools/open-tool-house.ts";
import { AxError } from "./ax-error.ts";
import { renderPreview } from "./render-call.ts";

export interface RunCallParameters {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Asks a person. Null: there is nobody to ask. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
}

/** What a call came to. `preview` is what was shown before a person confirmed; `confirmed` is null where nobody was asked. */
export interface RanCall {
  readonly preview: ToolResult | null;
  readonly confirmed: boolean | null;
  /** Null: it was not confirmed. */
  readonly result: ToolResult | null;
}

/**
 * Calls a tool. What moves money is simulated and shown first, then confirmed, then done, and never at worse than what was
 * shown.
 *
 * @throws {AxError} AX_NOT_CONFIRMED where nobody can be asked and `yes` was not said.
 */
export async function runCall<I extends Intent, S extends Observation>(
  { desk, context }: Pick<ToolHouse<I, S>, "desk" | "context">,
  output: Pick<Output, "say">,
  parameters: RunCallParameters,
): Promise<RanCall> {
  const { tool, args, dryRun, yes, confirm } = parameters;
  const writes = desk.listed(context).some(({ name, risk }) => name === tool && risk === "write");
  if (!writes) return { preview: null, confirmed: null, result: await desk.call(tool, args, context) };
  if (!dryRun && !yes && confirm === null) {
    throw new AxError(
      "AX_NOT_CONFIRMED",
      `${tool} moves money, and there is no terminal to ask at`,
      "Add --yes to do it, or --dry-run to see what it would do.",
    );
  }
  let shown: Verdict | null = null;
  const gateway = {
    state: context.gateway.state.bind(context.gateway),
    preview: async (request: Parameters<typeof context.gateway.preview>[0]) => {
      const verdict = await context.gateway.preview(request);
      const worse = shown && worseThanShown(shown.effects, verdict.effects);
      if (worse)
        throw new ToolError("bundle_outdated", `it would now do worse by ${worse} than what was shown`, {
          remedy: "Look at it again.",
        });
      shown ??= verdict;
      return verdict;
    },
  };
  const held = { ...context, gateway };
  const preview = await desk.call(tool, { ...args, dry_run: true }, held);
  if (dryRun || preview.status !== "simulated") return { preview, confirmed: null, result: preview };
  for (const line of renderPreview(preview)) output.say(line);
  const confirmed = yes || (confirm !== null && (await confirm("Do it? [y/N] ")));
  if (!confirmed) return { preview, confirmed, result: null };
  return { preview, confirmed, result: await desk.call(tool, args, held) };
}
