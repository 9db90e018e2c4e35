import type { Api, Message, Model } from "@earendil-works/pi-ai";
import { Adaptations } from "./adaptations.ts";
import { answerSchema, type JsonSchema } from "./answer-schema.ts";
import { cacheStablePart } from "./cache-stable-part.ts";
import type { Reply } from "./classify-reply.ts";
import type { Answer, ModelCall, Question } from "./model-port.ts";
import type { ToolModel } from "./model-turn.ts";
import { type PiModelOptions, PiRounds, type Round, type Within } from "./pi-rounds.ts";
import { piTurn } from "./pi-turn.ts";
import { readAnswer } from "./read-answer.ts";
import { inWords, structuredPayload } from "./structured-payload.ts";

/** The model port on pi-ai. */
export function piModel(options: PiModelOptions): ToolModel {
  const adaptations = new Adaptations(options.structured ?? "native");
  return {
    model: options.identity,
    ask(question) {
      if (question.spent) options.budget?.know?.(question.spent);
      return new Conversation(options, adaptations, question).ask();
    },
    turn(request) {
      if (request.spent) options.budget?.know?.(request.spent);
      return piTurn(options, adaptations, request);
    },
  };
}

/** One question: its first attempt, its repair, and the requests that each takes. */
class Conversation<T> {
  readonly #options: PiModelOptions;
  readonly #question: Question<T>;
  readonly #schema: JsonSchema;
  readonly #rounds: PiRounds;

  constructor(options: PiModelOptions, adaptations: Adaptations, question: Question<T>) {
    this.#options = options;
    this.#question = question;
    this.#schema = answerSchema(question.schema);
    this.#rounds = new PiRounds(options, adaptations);
  }

  ask(): Promise<Answer<T>> {
    return this.#rounds.within(this.#question.signal, (within) => this.#answer(within));
  }

  async #answer(within: Within): Promise<Answer<T>> {
    const asked: Message = { role: "user", content: this.#question.prompt, timestamp: 0 };
    const first = await this.#round("first", [asked], within);
    if (!first.ok) return this.#failure(first);
    const read = readAnswer(this.#question.schema, first.text);
    if (read.ok) return this.#success(read.value, first.text);

    const shown = shownBack(first, this.#options.model);
    const correction: Message = { role: "user", content: correctionOf(read.reason), timestamp: 0 };
    const second = await this.#round("repair", [asked, ...shown, correction], within);
    if (!second.ok) {
      const detail = `the answer was not valid and asking again failed: ${second.detail}`;
      return this.#failure({ ...second, detail, text: second.text || first.text });
    }
    const reread = readAnswer(this.#question.schema, second.text);
    if (reread.ok) return this.#success(reread.value, second.text);
    return this.#failure({ ok: false, code: "MODEL_NOT_VALID", detail: reread.reason, text: second.text, again: false });
  }

  #round(kind: ModelCall["attempt"], messages: readonly Message[], within: Within): Promise<Round> {
    const { api } = this.#options.identity;
    const { system, name, reserve } = this.#question;
    return this.#rounds.round(
      {
        kind,
        messages,
        reserve,
        system: ({ structured }) => (structured === "none" ? `${system}\n\n${inWords(this.#schema)}` : system),
        shape: (payload, { structured }) =>
          structuredPayload(
            api,
            structured,
            api === "messages" ? cacheStablePart(payload) : payload,
            wireName(name),
            this.#schema,
          ),
      },
      within,
    );
  }

  #success(value: T, text: string): Answer<T> {
    return { ok: true, value, raw: text, calls: this.#rounds.calls };
  }

  #failure(reply: Reply & { readonly ok: false }): Answer<T> {
    return { ok: false, ...this.#rounds.told(reply), raw: this.#rounds.withoutKey(reply.text), calls: this.#rounds.calls };
  }
}

const LONGEST_SHOWN = 20_000;

/** The model's own answer as a turn of text, whatever form it came in. */
function shownBack(reply: Round, model: Model<Api>): readonly Message[] {
  if (!reply.message || reply.text.trim() === "") return [];
  const text = reply.text.slice(0, LONGEST_SHOWN);
  const { usage } = reply.message;
  return [
    {
      role: "assistant",
      content: [{ type: "text", text }],
      api: model.api,
      provider: model.provider,
      model: model.id,
      usage,
      stopReason: "stop",
      timestamp: 0,
    },
  ];
}

function correctionOf(reason: string): string {
  return `Your answer is not valid:\n${reason}\n\nAnswer again with the whole corrected JSON object and nothing else.`;
}

function wireName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "answer";
}
