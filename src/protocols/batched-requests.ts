import type { Patience } from "./patience.ts";
import { type Connections, type PostOptions, postJson } from "./post-json.ts";
import { RpcRequestError, TimeoutError } from "./request-errors.ts";

interface Call {
  readonly method: string;
  readonly params: unknown;
}

/** A call that waits for its answer. */
interface Question {
  readonly call: Call;
  readonly text: string;
  readonly answer: PromiseWithResolvers<unknown>;
}

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown } | null;
}

/** A node's answer that is none to the question. */
const INTERNAL_ERROR = -32603;
/** What a node that takes one call a message says of several: no request, no method, no parameters, no JSON of its kind. */
const REFUSALS = [-32600, -32601, -32602, -32700];
/** Calls that a node which refuses several in a message is asked at once. */
const SINGLES = 10;

/**
 * Calls of one turn of the event loop travel as one message, at its end and without waiting for a timer; what is asked in
 * the same words twice travels once. Answers are told apart by their ids, whatever their order. A node that refuses such
 * a message is asked call by call from then on.
 *
 * @param most - calls in one message; what is more goes in another.
 */
export function batchedRequests(
  url: string,
  {
    patience,
    most,
    connections,
  }: { readonly patience: Patience; readonly most: number; readonly connections?: Connections | undefined },
): (call: Call) => Promise<unknown> {
  let waiting = new Map<string, Question>();
  let refuses = false;
  const heard = async <T>(said: Promise<T>): Promise<T> => {
    try {
      const answer = await said;
      patience.heard();
      return answer;
    } catch (error) {
      if (error instanceof TimeoutError) patience.missed();
      else patience.heard();
      throw error;
    }
  };
  const singly = async (questions: readonly Question[]): Promise<void> => {
    const left = [...questions];
    const next = async (): Promise<void> => {
      for (let one = left.shift(); one; one = left.shift()) {
        const { call, answer } = one;
        await heard(singleRequest(url, call, { timeout: patience.ms, connections })).then(answer.resolve, answer.reject);
      }
    };
    await Promise.all(Array.from({ length: SINGLES }, next));
  };
  const send = async (questions: readonly Question[]): Promise<void> => {
    if (refuses) return singly(questions);
    try {
      const message = `[${questions.map(({ text }, i) => messageText(text, i)).join(",")}]`;
      const said = await heard(postJson(url, message, { timeout: patience.ms, connections }));
      const answers = new Map(Array.isArray(said) ? said.map((one: Answer) => [one.id, one]) : []);
      const whole = Array.isArray(said) ? undefined : (said as Answer | null)?.error;
      if (whole && REFUSALS.includes(whole.code)) {
        refuses = true;
        return await singly(questions);
      }
      for (const [i, { answer }] of questions.entries()) {
        const { result, error }: Answer = answers.get(i + 1) ?? { error: whole ?? UNANSWERED };
        if (error === undefined || error === null) answer.resolve(result);
        else answer.reject(new RpcRequestError(error));
      }
    } catch (error) {
      for (const { answer } of questions) answer.reject(error);
    }
  };
  const flush = (): void => {
    const questions = [...waiting.values()];
    waiting = new Map();
    for (let i = 0; i < questions.length; i += most) void send(questions.slice(i, i + most));
  };
  return (call) => {
    const text = textOf(call);
    const asked = waiting.get(text);
    if (asked) return asked.answer.promise;
    if (waiting.size === 0) setImmediate(flush);
    const answer = Promise.withResolvers<unknown>();
    waiting.set(text, { call, text, answer });
    return answer.promise;
  };
}

/** One call in a message of its own, at once. */
export async function singleRequest(url: string, call: Call, options: PostOptions): Promise<unknown> {
  const text = textOf(call);
  const said = (await postJson(url, messageText(text, 0), options)) as Answer | readonly Answer[] | null;
  const answer = (Array.isArray(said) ? said[0] : said) as Answer | null | undefined;
  const error = answer === null || answer === undefined ? UNANSWERED : answer.error;
  if (error !== undefined && error !== null) throw new RpcRequestError(error);
  return answer?.result;
}

const UNANSWERED = { code: INTERNAL_ERROR, message: "the node left it unanswered" };

/** What a message says of a call. */
function textOf({ method, params }: Call): string {
  return `"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}`;
}

function messageText(text: string, index: number): string {
  return `{"jsonrpc":"2.0","id":${index + 1},${text}}`;
}
