/** Calls on one connection of HTTP/1.1 that wait for their answers: clients wait for one before they make the next. */
const MOST_PIPELINED = 8;

interface OnSocket {
  readonly socket: { readonly destroyed: boolean; destroy(): unknown };
}

interface Closing {
  once(event: "close", listener: () => void): unknown;
}

/** Ends a connection on which calls come faster than they are answered. */
export function withoutFloods<Q extends OnSocket, R extends Closing>(
  handle: (request: Q, response: R) => void,
): (request: Q, response: R) => void {
  const unanswered = new WeakMap<object, number>();
  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const waiting = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, waiting);
    if (waiting > MOST_PIPELINED) return void socket.destroy();
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    handle(request, response);
  };
}
