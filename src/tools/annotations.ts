import type { ToolAnnotations, ToolCategory } from "./tool.ts";

type Hints = Omit<ToolAnnotations, "title">;

const HINTS: Readonly<Record<ToolCategory, Hints>> = {
  data: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  planning: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  action: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  state: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
};

/** What holds of most tools of a category. */
export function defaultAnnotations(category: ToolCategory): Hints {
  return HINTS[category];
}
