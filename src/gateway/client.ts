import { z } from "zod";
import { canonicalJson } from "../core/json.ts";
import { type GatewayAddress, httpPoster } from "./client/http-poster.ts";
import type { Gateway } from "./contract.ts";
import { GatewayError, type GatewayErrorCode } from "./gateway-error.ts";
import type { GatewayReads } from "./read-contract.ts";
import { CALLS, SERVICES, servicePath } from "./wire.ts";

export interface GatewayClient extends Gateway, GatewayReads {
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
 * The gateway behind a unix socket, or behind TCP with an agent's token, as an object.
 *
 * @param where - a socket's path, or an address.
 * @throws {GatewayError} GATEWAY_UNREACHABLE when no answer came: whether the call took effect is unknown until `settle`.
 * INTERNAL when what came is no gateway's answer. UNAUTHORIZED when the token is not one, or not any more.
 */
export function gatewayClient(where: string | GatewayAddress): GatewayClient {
  const { call, close } = caller(where, servicePath("Execution"));
  const { State, Market, Observe } = SERVICES;
  const at = (service: keyof typeof SERVICES) => servicePath(service);
  return {
    open: (wallet) => call("Open", CALLS.Open.gives, { wallet }),
    state: (wallet) => call("State", CALLS.State.gives, { wallet }),
    preview: (request) => call("Preview", CALLS.Preview.gives, request),
    request: (request) => call("Request", CALLS.Request.gives, request),
    settle: async (wallet, key) => (await call("Settle", CALLS.Settle.gives, { wallet, key })).outcomes,
    note: async (wallet, notes) => void (await call("Note", CALLS.Note.gives, { wallet, notes })),
    limits: (wallet) => call("GetLimits", State.GetLimits.gives, { wallet }, at("State")),
    prices: (wallet) => call("GetPrices", Market.GetPrices.gives, { wallet }, at("Market")),
    holdings: (wallet) => call("GetHoldings", Market.GetHoldings.gives, { wallet }, at("Market")),
    health: () => call("Health", Observe.Health.gives, {}, at("Observe")),
    async *watch(wallet, options) {
      // Streams come as protobuf, which most clients never need.
      const { watchEntries } = await import("./client/watch-entries.ts");
      yield* watchEntries(addressOf(where), wallet, options);
    },
    close,
  };
}

/** Calls of one service, by default, of a gateway. Throws as {@link gatewayClient} does. */
export function caller(
  where: string | GatewayAddress,
  path: string,
): { call<T>(name: string, gives: z.ZodType<T>, body: unknown, at?: string): Promise<T>; close(): void } {
  const poster = httpPoster(addressOf(where));
  return {
    async call(name, gives, body, at = path) {
      const { status, text } = await poster.post(at + name, canonicalJson(body));
      if (status === 200) return understood(gives, text);
      const { mandate } = understood(failure, text);
      const { code, message, ...options } = mandate;
      throw new GatewayError(code, message, options);
    },
    close: () => poster.close(),
  };
}

function addressOf(where: string | GatewayAddress): GatewayAddress {
  return typeof where === "string" ? { socket: where } : where;
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
