import type { Brief } from "../mandate/terms.ts";
import { beside } from "./beside.ts";
import { hashOfFile } from "./code/load-code.ts";
import { openPromptKit } from "./prompt/prompt-kit.ts";
import { openStrategyDesk } from "./strategies/open-strategy-desk.ts";

/**
 * Reads every file that a mandate names for its decider, so that a mistake is said before anything is started.
 *
 * @throws {FileProblemsError} with every problem, each with its line.
 * @throws {UsageError} when a file cannot be read.
 */
export function checkBrief({ code, prompt, strategies, folder }: Pick<Brief, "code" | "prompt" | "strategies" | "folder">): void {
  // Looked at and not loaded: loading would run it.
  if (code !== undefined) hashOfFile(beside(code, folder), code);
  openPromptKit(prompt, folder);
  openStrategyDesk(strategies, folder);
}
