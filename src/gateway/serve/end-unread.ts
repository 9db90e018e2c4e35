import type { Writable } from "node:stream";

/**
 * Ends an answer that is complete and that its caller does not take: it would hold its connection for ever, and whoever
 * may not even ask could hold all of them.
 *
 * @param every - milliseconds after which it is looked at, again and again; it is ended between one and two of them.
 */
export function endUnread(answer: Writable, every: number, end: () => void): void {
  let complete = false;
  const look = setInterval(() => {
    if (complete) end();
    complete = answer.writableEnded;
  }, every);
  answer.once("close", () => clearInterval(look));
}
