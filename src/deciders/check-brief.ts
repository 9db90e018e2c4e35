import type { Brief } from "../mandate/terms.ts";
import { beside } from "./beside.ts";
import { filesOfCode } from "./code/files-of-code.ts";
import { openPromptKit } from "./prompt/prompt-kit.ts";
import { openStrategyDesk } from "./strategies/open-strategy-desk.ts";

/**
 * Reads every file that a mandate names for its decider, so that a mistake is said before anything is started.
 *
 * @throws {FileProblemsError} with every problem, each with its line.
 * @throws {UsageError} when a file cannot be read.
 * @throws {CodeError} when the code imports what cannot be pinned.
 */
export function checkBrief({ code, prompt, strategies, folder }: Pick<Brief, "code" | "prompt" | "strategies" | "folder">): void {
  // Looked at and not loaded: loading would run it.
  if (code !== undefined) filesOfCode(beside(code, folder), code, folder);
  openPromptKit(prompt, folder);
  openStrategyDesk(strategies, folder);
}
