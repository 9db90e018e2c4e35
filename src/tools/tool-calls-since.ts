import type { Instant } from "../core/clock.ts";
import type { Entry } from "../journal/journal.ts";

/** Ends of calls that reached no tool, which the rate does not count either. */
const UNCOUNTED: ReadonlySet<unknown> = new Set(["unknown_tool", "tool_not_allowed", "tool_rate_limit"]);

/** When tools were called after an instant, as the journal has it: a new process is no new minute. */
export function toolCallsSince(entries: readonly Pick<Entry, "at" | "kind" | "body">[], since: Instant): readonly Instant[] {
  return entries.flatMap(({ at, kind, body }) => (kind === "noted" && at > since && isToolCall(body) ? [at] : []));
}

function isToolCall(body: unknown): boolean {
  const note = typeof body === "object" && body !== null && "note" in body ? body.note : null;
  return (
    typeof note === "object" &&
    note !== null &&
    "kind" in note &&
    note.kind === "tool-call" &&
    !("code" in note && UNCOUNTED.has(note.code))
  );
}
