import { toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { Entry } from "../../journal/journal.ts";
import type { WalletId } from "../contract.ts";
import { GatewayError, type GatewayErrorCode } from "../gateway-error.ts";
import { FailureSchema } from "../proto/mandate/v1/failure-pb.ts";
import { JournalEntrySchema, Observe } from "../proto/mandate/v1/observe-pb.ts";
import type { WatchOptions } from "../read-contract.ts";
import { WATCH } from "../wire.ts";
import { type GatewayAddress, requestOptions, unreached } from "./http-poster.ts";

/** The wallet's entries as the gateway streams them. @throws {GatewayError} */
export async function* watchEntries(
  where: GatewayAddress,
  wallet: WalletId,
  { after = 0, signal }: WatchOptions = {},
): AsyncGenerator<Entry> {
  const { tls: _, origin, headers, ...place } = requestOptions(where);
  const authorized: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(headers ?? {})) request.header.set(name, String(value));
    return next(request);
  };
  const transport = createConnectTransport({
    baseUrl: origin,
    httpVersion: "1.1",
    nodeOptions: "socketPath" in place ? { socketPath: place.socketPath } : "ca" in place ? { ca: String(place.ca) } : {},
    interceptors: [authorized],
    useBinaryFormat: true,
    acceptCompression: [],
  });
  try {
    for await (const message of createClient(Observe, transport).watch({ wallet, after }, signal ? { signal } : {})) {
      yield WATCH.gives.parse(toJson(JournalEntrySchema, message, { alwaysEmitImplicit: true }));
    }
  } catch (error) {
    if (signal?.aborted) return;
    throw told(error);
  }
}

function told(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const [failure] = error.findDetails(FailureSchema);
  if (failure) {
    const options = failure.remedy === undefined ? { cause: error } : { cause: error, remedy: failure.remedy };
    return new GatewayError(failure.code as GatewayErrorCode, failure.message, options);
  }
  if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied) {
    return new GatewayError("UNAUTHORIZED", error.rawMessage, { cause: error, remedy: "Ask the gateway's owner for a token." });
  }
  return unreached(error);
}
