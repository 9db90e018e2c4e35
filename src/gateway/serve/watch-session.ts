import type { ServerHttp2Session } from "node:http2";

export interface SessionPatience {
  /** Milliseconds until the first call's headers are there; three times as long for each call's body. */
  readonly patience: number;
  /** Milliseconds that a session may stand without a call. Null: for ever. */
  readonly idle: number | null;
}

/** Node's HTTP/2 has no deadlines of its own: here a session and each of its calls get those that HTTP/1.1 has. */
export function watchSession(session: ServerHttp2Session, { patience, idle }: SessionPatience): void {
  let calls = 0;
  let quiet: NodeJS.Timeout | undefined;
  const wait = (ms: number | null) => {
    clearTimeout(quiet);
    quiet = ms === null ? undefined : setTimeout(() => session.destroy(), ms);
  };
  wait(patience);
  session.on("error", () => session.destroy());
  session.once("close", () => clearTimeout(quiet));
  session.on("stream", (stream) => {
    calls += 1;
    clearTimeout(quiet);
    const slow = setTimeout(() => stream.close(), 3 * patience);
    stream.once("end", () => clearTimeout(slow));
    stream.once("close", () => {
      clearTimeout(slow);
      calls -= 1;
      if (calls === 0 && !session.destroyed) wait(idle);
    });
  });
}
