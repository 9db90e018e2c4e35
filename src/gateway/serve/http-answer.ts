import type { ServerResponse } from "node:http";
import { canonicalJson } from "../../core/json.ts";
import { type Failure, failureJson } from "./failure.ts";
import type { HttpRequest, HttpResponse } from "./listen-http.ts";

export function sayJson(response: HttpResponse, status: number, body: unknown): void {
  write(response, status, { "content-type": "application/json" }, canonicalJson(body));
}

export function sayFailure(response: HttpResponse, failure: Failure): void {
  sayJson(response, failure.status, failureJson(failure));
}

/** gRPC's numbers of the kinds. */
const GRPC_STATUS: Readonly<Record<Failure["kind"], number>> = {
  invalid_argument: 3,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  unimplemented: 12,
  internal: 13,
  unauthenticated: 16,
};

/** Says no before the body is read, in the words of the protocol that asked. */
export function refuse(request: HttpRequest, response: HttpResponse, failure: Failure): void {
  if (response.headersSent) return void response.destroy();
  const type = contentType(request);
  if (!type.startsWith("application/grpc")) {
    sayFailure(response, failure);
    return;
  }
  const { kind, mandate } = failure;
  const status = String(GRPC_STATUS[kind]);
  write(response, 200, { "content-type": type, "grpc-status": status, "grpc-message": encodeURIComponent(mandate.message) }, "");
}

export function contentType({ headers }: HttpRequest): string {
  return (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Resolves when the answer is with the operating system, or the caller has gone. */
export function handedOver(response: HttpResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) return resolve();
    response.once("finish", () => resolve()).once("close", () => resolve());
  });
}

function write(response: HttpResponse, status: number, headers: Readonly<Record<string, string>>, text: string): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  // Both kinds of answer have this method, in overloads that do not meet.
  (response as ServerResponse).end(text);
}
