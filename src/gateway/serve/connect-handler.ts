import {
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromJson,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { InvariantError } from "../../core/errors.ts";
import { canonicalJson } from "../../core/json.ts";
import { GatewayError } from "../gateway-error.ts";
import { Execution } from "../proto/mandate/v1/execution-pb.ts";
import { FailureSchema } from "../proto/mandate/v1/failure-pb.ts";
import { Market } from "../proto/mandate/v1/market-pb.ts";
import { Observe } from "../proto/mandate/v1/observe-pb.ts";
import { State } from "../proto/mandate/v1/state-pb.ts";
import type { GatewayReads } from "../read-contract.ts";
import { WATCH } from "../wire.ts";
import type { Handlers } from "./answer-json.ts";
import { type FailureKind, failureOf } from "./failure.ts";
import type { HttpRequest, HttpResponse } from "./listen-http.ts";

export type ConnectHandler = (request: HttpRequest, response: HttpResponse) => void;

export interface ConnectParameters {
  readonly handlers: Handlers;
  readonly watch: GatewayReads["watch"];
  /** Whether who sent this header may still hear what a stream says. */
  readonly stillHeard: (authorization: string | null) => boolean;
  readonly onError: (call: string, error: unknown) => void;
  readonly shutdown: AbortSignal;
  /** Longest message, in bytes. */
  readonly bodyLimit: number;
}

/** Every service of src/gateway/proto/. */
export const PROTO_SERVICES: readonly DescService[] = [Execution, State, Market, Observe];

/**
 * The same calls as in JSON, by the same handlers: a message is turned into the JSON that `wire.ts` reads, and its answer
 * back. So there is one reader, and one set of rules, whatever the bytes came as.
 */
export function connectHandler(parameters: ConnectParameters): ConnectHandler {
  const { shutdown, bodyLimit } = parameters;
  return connectNodeAdapter({
    routes: (router) => {
      for (const { methods } of PROTO_SERVICES) for (const method of methods) route(router, method, parameters);
    },
    readMaxBytes: bodyLimit,
    // Nothing is unpacked: a small body that grows is an attack.
    acceptCompression: [],
    shutdownSignal: shutdown,
  }) as ConnectHandler;
}

function route(router: ConnectRouter, method: DescMethod, parameters: ConnectParameters): void {
  if (isUnary(method)) return void router.rpc(method, unary(method, parameters));
  if (isWatched(method)) return void router.rpc(method, watching(method, parameters));
  throw new InvariantError(`${method.name} streams what nobody serves`);
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function isWatched(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === "server_streaming";
}

function unary(method: DescMethodUnary, { handlers, onError }: ConnectParameters) {
  const path = `/${method.parent.typeName}/${method.name}`;
  const handler = handlers[path];
  if (!handler) throw new InvariantError(`nothing answers ${path}`);
  return async (message: MessageShape<DescMessage>) => {
    try {
      const answer = await handler(bodyOf(method.input, message));
      return answerOf(method.output, answer);
    } catch (error) {
      throw told(path, error, onError);
    }
  };
}

function watching(method: DescMethodServerStreaming, { watch, stillHeard, onError }: ConnectParameters) {
  return async function* (message: MessageShape<DescMessage>, { signal, requestHeader }: HandlerContext) {
    try {
      const { wallet, after } = WATCH.takes.parse(bodyOf(method.input, message));
      for await (const entry of watch(wallet, { after, signal })) {
        if (!stillHeard(requestHeader.get("authorization"))) {
          throw new GatewayError("UNAUTHORIZED", "the token was revoked", { remedy: "Ask for another." });
        }
        yield answerOf(method.output, entry);
      }
    } catch (error) {
      throw told(method.name, error, onError);
    }
    // It has no end of its own: whoever is still there shall not take this for one.
    throw new ConnectError("the gateway is stopping", Code.Unavailable);
  };
}

/** An answer as a message. That no field is left out is held by a test, and is no reason to leave a caller without one. */
function answerOf<T extends DescMessage>(schema: T, answer: unknown): MessageShape<T> {
  return fromJson(schema, JSON.parse(canonicalJson(answer)) as JsonValue, { ignoreUnknownFields: true });
}

/** A message as the JSON that `wire.ts` reads. What this version does not know is refused, as an unknown key is. */
function bodyOf(schema: DescMessage, message: MessageShape<DescMessage>): unknown {
  if (hasUnknown(message)) throw new GatewayError("BAD_REQUEST", `${schema.name} has fields that are not known here`);
  return toJson(schema, message, { alwaysEmitImplicit: true });
}

function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if ("$unknown" in value && Array.isArray(value.$unknown) && value.$unknown.length > 0) return true;
  return Object.entries(value).some(([key, inner]) => key !== "$unknown" && hasUnknown(inner));
}

const KINDS: Readonly<Record<FailureKind, Code>> = {
  invalid_argument: Code.InvalidArgument,
  failed_precondition: Code.FailedPrecondition,
  unauthenticated: Code.Unauthenticated,
  permission_denied: Code.PermissionDenied,
  unimplemented: Code.Unimplemented,
  resource_exhausted: Code.ResourceExhausted,
  internal: Code.Internal,
};

function told(call: string, error: unknown, onError: ConnectParameters["onError"]): ConnectError {
  const { kind, mandate, bug } = failureOf(error);
  if (bug) onError(call, error);
  const value = answerOf(FailureSchema, mandate);
  return new ConnectError(mandate.message, KINDS[kind], undefined, [{ desc: FailureSchema, value }]);
}
