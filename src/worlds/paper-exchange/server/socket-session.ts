import type { WebSocket } from "ws";
import { z } from "zod";
import { messageOf } from "../../../core/errors.ts";
import type { Backend, Reply, Subscription } from "./http-front.ts";
import type { SocketLimits } from "./socket-limits.ts";

/** One client's WebSocket, as the subscriptions see it. */
export interface Session {
  /** Sends one message of a channel. */
  send(channel: string, data: unknown): void;
  /** Breaks the connection off without a goodbye. */
  cut(): void;
}

const message = z.discriminatedUnion("method", [
  z.object({ method: z.literal("ping") }),
  z.object({ method: z.literal("subscribe"), subscription: z.looseObject({ type: z.string() }) }),
  z.object({ method: z.literal("unsubscribe"), subscription: z.looseObject({ type: z.string() }) }),
  z.object({
    method: z.literal("post"),
    id: z.int().nonnegative(),
    request: z.object({ type: z.enum(["info", "action"]), payload: z.unknown() }),
  }),
]);

/** Posts of one connection that may wait for their answers at once. */
const IN_FLIGHT = 100;

/** Speaks with one client over its WebSocket. */
export class SocketSession implements Session {
  readonly #socket: WebSocket;
  readonly #ip: string;
  readonly #backend: Backend;
  #posts = 0;

  constructor(socket: WebSocket, ip: string, backend: Backend, limits: Pick<SocketLimits, "hear">) {
    this.#socket = socket;
    this.#ip = ip;
    this.#backend = backend;
    socket.on("message", (data) => {
      if (limits.hear(ip)) this.#hear(String(data));
      else this.send("error", "Too many messages sent in the last minute.");
    });
    // A connection that breaks is closed, and heard of as that.
    socket.on("error", () => socket.terminate());
  }

  send(channel: string, data: unknown): void {
    this.#raw(JSON.stringify({ channel, data }));
  }

  cut(): void {
    this.#socket.terminate();
  }

  #hear(text: string): void {
    const read = message.safeParse(parse(text));
    if (!read.success) this.send("error", `Error parsing JSON into valid websocket request: ${text.slice(0, 2_000)}`);
    else if (read.data.method === "ping") this.#raw('{"channel":"pong"}');
    else if (read.data.method === "post") this.#post(read.data.id, read.data.request);
    else this.#change(read.data.method, read.data.subscription);
  }

  #raw(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }

  #change(method: "subscribe" | "unsubscribe", asked: Subscription): void {
    const subscription = typeof asked.user === "string" ? { ...asked, user: asked.user.toLowerCase() } : asked;
    const first = this.#backend[method](this, subscription);
    if (typeof first === "string") {
      this.send("error", `${first} ${JSON.stringify(subscription)}`);
      return;
    }
    this.send("subscriptionResponse", { method, subscription });
    for (const { channel, data } of first) this.send(channel, data);
  }

  #post(id: number, { type, payload }: { readonly type: "info" | "action"; readonly payload?: unknown }): void {
    if (this.#posts >= IN_FLIGHT) {
      this.send("error", `too many pending post requests id=${id}`);
      return;
    }
    this.#posts += 1;
    const asked = type === "info" ? this.#backend.info(payload, this.#ip) : this.#backend.exchange(payload, this.#ip);
    asked
      .then(
        (reply) => this.#reply(id, type, payload, reply),
        (error: unknown) => this.#answer(id, "error", messageOf(error)),
      )
      .finally(() => {
        this.#posts -= 1;
      });
  }

  #reply(id: number, type: "info" | "action", asked: unknown, reply: Reply): void {
    if (reply === "silence") return;
    if (reply === "cut") {
      this.cut();
    } else if (reply.status !== 200) {
      this.#answer(id, "error", `${reply.status}: ${typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body)}`);
    } else if (type === "info") {
      this.#answer(id, type, { type: (asked as { readonly type?: unknown } | null)?.type, data: reply.body });
    } else {
      this.#answer(id, type, reply.body);
    }
  }

  #answer(id: number, type: "info" | "action" | "error", payload: unknown): void {
    this.send("post", { id, response: { type, payload } });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
