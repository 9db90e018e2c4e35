import { Readable } from "node:stream";
import type { Gateway } from "../contract.ts";
import type { GatewayReads } from "../read-contract.ts";
import { admit, isToken, type OwnerOf } from "./admit.ts";
import { answerJson, type Handlers } from "./answer-json.ts";
import type { ConnectHandler } from "./connect-handler.ts";
import { endUnread } from "./end-unread.ts";
import { type Failure, failure, failureOf } from "./failure.ts";
import { gatewayHandlers } from "./gateway-handlers.ts";
import { contentType, handedOver, refuse } from "./http-answer.ts";
import { BODY_LIMIT, BrokenOffError, Intake } from "./intake.ts";
import { type HttpRequest, type HttpResponse, type Listen, listenHttp, PATIENCE } from "./listen-http.ts";
import { UnderWay } from "./under-way.ts";

export interface Serving {
  /** The port on TCP; null on a unix socket. */
  readonly port: number | null;
  /** Takes no more calls; resolves when those under way are done, and answered to whoever listens. */
  stop(): Promise<void>;
}

export interface ServeParameters {
  readonly listen: Listen;
  /** Left out: nobody has a token, and TCP is closed to all. */
  readonly ownerOf?: OwnerOf;
  /** Each call bears a proof of its own, so that a socket which others can open asks for no token. */
  readonly proven?: boolean;
  /** Hears of calls that failed without a verdict. */
  readonly onError: (call: string, error: unknown) => void;
  /** See {@link listenHttp}. */
  readonly patience?: number;
}

/** Serves the gateway's services in JSON, Connect, gRPC and gRPC-web on one listener. docs/gateway-api.md says how. */
export function serveGateway(
  parameters: ServeParameters & { readonly gateway: Gateway; readonly reads: GatewayReads },
): Promise<Serving> {
  const { gateway, reads, ownerOf = nobody, listen, onError } = parameters;
  return serve(gatewayHandlers(gateway, reads), parameters, async (handlers, shutdown) => {
    // A quarter of a second to load, and most gateways are never asked in protobuf.
    const { connectHandler } = await import("./connect-handler.ts");
    return connectHandler({
      handlers,
      watch: (wallet, options) => reads.watch(wallet, options),
      stillHeard: (authorization) => (authorization === null ? "socket" in listen : isToken(authorization, ownerOf)),
      onError,
      shutdown,
      bodyLimit: BODY_LIMIT,
    });
  });
}

/** Serves calls in JSON and no other form. */
export function serveCalls(handlers: Handlers, parameters: ServeParameters): Promise<Serving> {
  return serve(handlers, parameters, null);
}

/** Unary JSON is read by ourselves, strictly; JSON in other envelopes would be read by somebody who is not. */
const PROTOBUF = /^application\/(proto|connect\+proto|grpc|grpc\+proto|grpc-web|grpc-web\+proto)$/;

async function serve(
  untracked: Handlers,
  { listen, ownerOf = nobody, proven = false, onError, patience }: ServeParameters,
  loadConnect: ((handlers: Handlers, shutdown: AbortSignal) => Promise<ConnectHandler>) | null,
): Promise<Serving> {
  // Apart: a caller that hangs up does not end what it asked for, and one that does not listen holds up no stop.
  const working = new UnderWay();
  const answering = new UnderWay();
  const asking = new Set<HttpRequest>();
  const handlers = Object.fromEntries(
    Object.entries(untracked).map(([path, handler]) => [path, (body: unknown) => working.track(handler(body))]),
  );
  const shutdown = new AbortController();
  const intake = new Intake();
  let connect: Promise<ConnectHandler> | null = null;
  const answer = async (request: HttpRequest, response: HttpResponse): Promise<void> => {
    const refused = admit(request, listen, { ownerOf, proven });
    if (refused) return refuse(request, response, refused);
    const type = contentType(request);
    const inProtobuf = loadConnect !== null && PROTOBUF.test(type);
    if (type === "application/json" || (!inProtobuf && !Object.hasOwn(handlers, request.url ?? ""))) {
      return answerJson(request, response, { handlers, intake }, onError);
    }
    if (!inProtobuf) return refuse(request, response, notRead(type));
    connect ??= loadConnect(handlers, shutdown.signal).catch((error: unknown) => {
      // For want of a descriptor, say: the next call asks again.
      connect = null;
      throw error;
    });
    await inProtocol(await connect, { request, response, intake });
  };
  const listener = await listenHttp(
    listen,
    (request, response) => {
      asking.add(request);
      endUnread(response, 3 * (patience ?? PATIENCE), () => ("stream" in request ? request.stream : request).destroy());
      const answered = answer(request, response)
        .catch((error: unknown) => {
          // Whoever broke off is not there to be answered.
          if (error instanceof BrokenOffError) return;
          onError(request.url ?? "", error);
          refuse(request, response, failureOf(error));
        })
        .finally(() => asking.delete(request));
      void answering.track(answered);
    },
    // The operator's connections are not counted: they are what is kept free.
    { patience, ...(proven ? { room: null } : {}) },
  );
  return {
    port: listener.port,
    async stop() {
      shutdown.abort();
      await listener.stop(async () => {
        for (const request of asking) if (!request.complete) breakOff(request);
        do {
          await working.done();
          await answering.done(patience ?? PATIENCE);
        } while (working.some);
      });
    },
  };
}

/** A call in protobuf, read as one in JSON is: bytes are taken in before somebody else makes messages of them. */
async function inProtocol(
  connect: ConnectHandler,
  { request, response, intake }: { readonly request: HttpRequest; readonly response: HttpResponse; readonly intake: Intake },
): Promise<void> {
  const { chunks, tooLong, release } = await intake.read(request);
  try {
    if (tooLong) return refuse(request, response, TOO_LONG);
    Object.defineProperty(request, Symbol.asyncIterator, { value: () => Readable.from(chunks)[Symbol.asyncIterator]() });
    connect(request, response);
    await handedOver(response);
  } finally {
    release();
  }
}

const TOO_LONG = failure("resource_exhausted", { code: "BAD_REQUEST", message: `a call is at most ${BODY_LIMIT} bytes` });

/** A call that is not all there yet will not be heard any more. */
function breakOff(request: HttpRequest): void {
  if ("stream" in request) request.stream.close();
  else request.destroy();
}

function notRead(type: string): Failure {
  return failure("invalid_argument", {
    code: "BAD_REQUEST",
    message: `calls are not read as ${JSON.stringify(type).slice(0, 80)}`,
    remedy: "Send application/json, or protobuf by Connect, gRPC or gRPC-web.",
  });
}

function nobody(): null {
  return null;
}
