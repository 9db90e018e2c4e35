import { Agent, request as httpRequest } from "node:http";
import { z } from "zod";
import { messageOf } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import type { Gateway } from "./contract.ts";
import { GatewayError, type GatewayErrorCode } from "./gateway-error.ts";
import { CALLS, SERVICE_PATH } from "./wire.ts";

export interface GatewayClient extends Gateway {
  close(): void;
}

const failure = z.object({
  mandate: z.object({
    code: z.custom<GatewayErrorCode>((value) => typeof value === "string"),
    message: z.string(),
    remedy: z.string().exactOptional(),
    details: z.record(z.string(), z.unknown()).exactOptional(),
  }),
});

/**
 * The gateway behind a unix socket, as an object.
 *
 * @throws {GatewayError} GATEWAY_UNREACHABLE when no answer came: whether the call took effect is unknown until `settle`.
 * INTERNAL when what came is no gateway's answer.
 */
export function gatewayClient(socket: string): GatewayClient {
  const { call, close } = caller(socket, SERVICE_PATH);
  return {
    open: (wallet) => call("Open", CALLS.Open.gives, { wallet }),
    state: (wallet) => call("State", CALLS.State.gives, { wallet }),
    preview: (request) => call("Preview", CALLS.Preview.gives, request),
    request: (request) => call("Request", CALLS.Request.gives, request),
    settle: async (wallet, key) => (await call("Settle", CALLS.Settle.gives, { wallet, key })).outcomes,
    note: async (wallet, notes) => void (await call("Note", CALLS.Note.gives, { wallet, notes })),
    close,
  };
}

/** Calls of one service on a unix socket. Throws as {@link gatewayClient} does. */
export function caller(
  socket: string,
  path: string,
): { call<T>(name: string, gives: z.ZodType<T>, body: unknown): Promise<T>; close(): void } {
  const agent = new Agent({ keepAlive: true });
  return {
    async call(name, gives, body) {
      const { status, text } = await post(agent, socket, path + name, canonicalJson(body));
      if (status === 200) return understood(gives, text);
      const { mandate } = understood(failure, text);
      const { code, message, ...options } = mandate;
      throw new GatewayError(code, message, options);
    },
    close: () => agent.destroy(),
  };
}

/** An answer that cannot be read is none: the call may have taken effect all the same. */
function understood<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new GatewayError("INTERNAL", "the gateway's answer cannot be read", {
      cause: error,
      remedy: "Check that the socket is a gateway's of this version, then settle before anything else.",
    });
  }
}

function post(agent: Agent, socketPath: string, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const unreachable = (error: unknown) =>
      reject(
        new GatewayError("GATEWAY_UNREACHABLE", `the gateway does not answer: ${messageOf(error)}`, {
          cause: error,
          remedy: "Start it, or wait until it is back, then settle before anything else.",
        }),
      );
    const request = httpRequest(
      {
        agent,
        socketPath,
        path,
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
        response.on("error", unreachable);
        response.on("aborted", () => unreachable(new Error("the connection broke off")));
      },
    );
    request.on("error", unreachable);
    request.end(body);
  });
}
