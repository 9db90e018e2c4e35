import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvariantError } from "../../core/errors.ts";
import { estimateTokens, type RecordedQuestion, recordingModel } from "../../llm/recording-model.ts";
import { rehearse } from "../../worlds/rehearsal/rehearse.ts";
import { version } from "../version.ts";

export interface ShowPromptParameters {
  readonly file: string;
  readonly seed: string;
  readonly network?: string;
  readonly fund?: Readonly<Record<string, string>>;
}

/** A prompt as a model would get it. Tokens are estimates. */
export interface ShownPrompt extends RecordedQuestion {
  readonly tokens: { readonly estimate: "bytes / 4"; readonly system: number; readonly prompt: number; readonly total: number };
}

/** The prompt of a mandate's first cycle in a fresh world. No model is called and nothing is signed. */
export async function showPrompt(parameters: ShowPromptParameters): Promise<ShownPrompt> {
  const home = mkdtempSync(join(tmpdir(), "mandate-prompt-"));
  const asked: RecordedQuestion[] = [];
  const hold = JSON.stringify({ decision: "hold", why: "the prompt is shown and nobody is asked", targets: null, intents: null });
  try {
    await rehearse({
      ...parameters,
      home,
      cycles: 1,
      dryRun: true,
      version: version(),
      model: async () => recordingModel(hold, (question) => void asked.push(question)),
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const [question] = asked;
  if (!question) throw new InvariantError("the first cycle asked nothing");
  const system = estimateTokens(question.system);
  const prompt = estimateTokens(question.prompt);
  return { ...question, tokens: { estimate: "bytes / 4", system, prompt, total: system + prompt } };
}
