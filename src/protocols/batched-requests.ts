import { RpcRequestError } from "viem";
import { getHttpRpcClient } from "viem/utils";

interface Call {
  readonly method: string;
  readonly params: unknown;
}

interface Waiting extends Call {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A node's answer that is none to the question. */
const INTERNAL_ERROR = -32603;

/**
 * Calls of one turn of the event loop travel as one message, at its end and without waiting for a timer. Answers are told
 * apart by their ids, whatever their order.
 *
 * @param most - calls in one message; what is more goes in another.
 */
export function batchedRequests(
  url: string,
  { timeout, most }: { readonly timeout: number; readonly most: number },
): (call: Call) => Promise<unknown> {
  const client = getHttpRpcClient(url, { timeout });
  let waiting: Waiting[] = [];
  const send = async (calls: readonly Waiting[]): Promise<void> => {
    const body = calls.map(({ method, params }, i) => ({ method, params, id: i + 1 }));
    try {
      const said: unknown = await client.request({ body });
      const answers = new Map(Array.isArray(said) ? said.map((one: Answer) => [one.id, one]) : []);
      const whole = Array.isArray(said) ? undefined : (said as Answer | null)?.error;
      for (const [i, { resolve, reject }] of calls.entries()) {
        const answer: Answer = answers.get(i + 1) ?? {
          error: whole ?? { code: INTERNAL_ERROR, message: "the node left it unanswered" },
        };
        if (answer.error === undefined || answer.error === null) resolve(answer.result);
        else reject(new RpcRequestError({ body: body[i] ?? {}, error: answer.error, url }));
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  };
  const flush = (): void => {
    const calls = waiting;
    waiting = [];
    for (let i = 0; i < calls.length; i += most) void send(calls.slice(i, i + most));
  };
  return (call) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ ...call, resolve, reject });
    });
}
