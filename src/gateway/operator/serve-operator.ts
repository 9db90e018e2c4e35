import type { Handlers } from "../serve/answer-json.ts";
import { type Serving, serveCalls } from "../serve/server.ts";
import type { OperatorDesk } from "./operator-desk.ts";
import { OPERATOR_CALLS, OPERATOR_PATH, type OperatorCall } from "./orders.ts";

/** The name of the operator's socket in a journal's folder. */
export const OPERATOR_SOCKET = "operator.sock";

/**
 * Serves the operator's calls on a unix socket of their own (0600), which has none of the agent's. Where its group may open
 * it too, no token is asked for: an order is signed, and Hello tells nothing that a reader of the journal does not know.
 *
 * @param onError - hears of calls that failed without an answer.
 */
export function serveOperator(
  desk: OperatorDesk,
  socket: string,
  onError: (call: string, error: unknown) => void,
  { group = false }: { readonly group?: boolean } = {},
): Promise<Serving> {
  const orders = Object.keys(OPERATOR_CALLS).map((call) => [
    OPERATOR_PATH + call,
    (body: unknown) => desk.perform(call as OperatorCall, body),
  ]) as [string, Handlers[string]][];
  return serveCalls(
    { [`${OPERATOR_PATH}Hello`]: () => desk.hello(), ...Object.fromEntries(orders) },
    { listen: { socket, group }, proven: true, onError },
  );
}
