import { createInterface } from "node:readline/promises";

/** Asks at the terminal; anything but "y" or "yes" is a no, and so is the end of the input. */
export async function askYesNo(question: string, signal?: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([signal ? terminal.question(question, { signal }) : terminal.question(question), ended]);
    return isYes(answer);
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return false;
    throw error;
  } finally {
    terminal.close();
  }
}

export function isYes(answer: string): boolean {
  return /^(y|yes)$/i.test(answer.trim());
}
