import { capturedModel } from "./captured-model.ts";
import type { ToolModel } from "./model-turn.ts";

/** What a model would have been sent. */
export interface RecordedQuestion {
  readonly system: string;
  readonly prompt: string;
}

/** A model that is never asked: it keeps the question and says `answer`. Costs nothing. */
export function recordingModel(answer: string, record: (question: RecordedQuestion) => void): ToolModel {
  const said = capturedModel(answer);
  return {
    model: said.model,
    ask(question) {
      record({ system: question.system, prompt: question.prompt });
      return said.ask(question);
    },
    turn(request) {
      const [opening] = request.messages;
      const prompt = typeof opening?.content === "string" ? opening.content : "";
      record({ system: request.system, prompt });
      return said.turn(request);
    },
  };
}

/** Tokens of a text as an estimate: four bytes of UTF-8 each. English prose has about that, JSON and figures more. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, "utf8") / 4);
}
