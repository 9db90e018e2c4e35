import type { Message } from "@earendil-works/pi-ai";
import type { Instant } from "../../core/clock.ts";
import { newest } from "./trim-messages.ts";

/** Calls of what is left out that are still named. */
const NAMED = 30;

/**
 * What a session keeps for its next cycle: the newest messages, and one line for each of the last calls before them. Told by the messages
 * themselves and not by a model: it costs nothing, and the same session becomes the same summary.
 */
export function compacted(messages: readonly Message[], keep: number, now: Instant): readonly Message[] {
  const kept = newest(messages, keep).map((message) => ({ ...message, timestamp: now }));
  const gone = messages.slice(0, messages.length - kept.length);
  if (gone.length === 0) return kept;
  const calls = gone.flatMap((message) =>
    message.role === "toolResult" ? [`- ${message.toolName}${message.isError ? ": failed" : ""}`] : [],
  );
  const summary = [
    `${gone.length} earlier messages are left out. Their calls${calls.length > NAMED ? `, the last ${NAMED} of ${calls.length}` : ""}:`,
    ...(calls.length === 0 ? ["- none"] : calls.slice(-NAMED)),
    "What is true now is told below and by the tools.",
  ].join("\n");
  return [{ role: "user", content: summary, timestamp: now }, ...kept];
}
