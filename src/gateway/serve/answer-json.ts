import type { Readable } from "node:stream";
import { GatewayError } from "../gateway-error.ts";
import { readStrictJson } from "../strict-json.ts";
import { failure, failureOf } from "./failure.ts";
import { handedOver, sayFailure, sayJson } from "./http-answer.ts";
import type { HttpRequest, HttpResponse } from "./listen-http.ts";

/** What a call's body comes to, by the call's path. */
export type Handlers = Readonly<Record<string, Handler>>;
export type Handler = (body: unknown) => Promise<unknown>;

/** Longest body of a call, in bytes. */
export const BODY_LIMIT = 4 * 1024 * 1024;
/** Deepest nesting of a call's JSON: notes are the agent's own. */
const DEEPEST = 100;

/** Connect's unary JSON: POST, one object in and one out. Keys that are there twice, or that no call knows, are refused. */
export async function answerJson(
  request: HttpRequest,
  response: HttpResponse,
  handlers: Handlers,
  onError: (call: string, error: unknown) => void,
): Promise<void> {
  const path = request.url ?? "";
  const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
  if (!handler)
    return sayFailure(response, failure("unimplemented", { code: "BAD_REQUEST", message: `there is no call ${path}` }));
  if (request.method !== "POST") {
    return sayJson(response, 405, { code: "unimplemented", mandate: { code: "BAD_REQUEST", message: "calls are POSTed" } });
  }
  let body: unknown;
  try {
    body = await handler(await readJson(request));
  } catch (error) {
    const failed = failureOf(error);
    // Whoever broke off is not there to be answered.
    if (failed.bug && request.destroyed && !request.complete) return;
    if (failed.bug) onError(path, error);
    return sayFailure(response, failed);
  }
  sayJson(response, 200, body);
  await handedOver(response);
}

async function readJson(request: HttpRequest): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not destroyed when it is too long: the connection still has to carry the answer.
  for await (const chunk of (request as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new GatewayError("BAD_REQUEST", `a call is at most ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  const read = readStrictJson(Buffer.concat(chunks).toString("utf8"), DEEPEST);
  if ("problem" in read) throw new GatewayError("BAD_REQUEST", read.problem.slice(0, 300));
  return read.value;
}
