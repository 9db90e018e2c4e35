import { GatewayError } from "../gateway-error.ts";
import { readStrictJson } from "../strict-json.ts";
import { failure, failureOf } from "./failure.ts";
import { handedOver, sayFailure, sayJson } from "./http-answer.ts";
import { BODY_LIMIT, type Body, BrokenOffError, type Intake } from "./intake.ts";
import type { HttpRequest, HttpResponse } from "./listen-http.ts";

/** What a call's body comes to, by the call's path. */
export type Handlers = Readonly<Record<string, Handler>>;
export type Handler = (body: unknown) => Promise<unknown>;

/** Deepest nesting of a call's JSON, and most values in it: notes are the agent's own. */
const SHAPE = { deepest: 100, most: 100_000 };

/** Connect's unary JSON: POST, one object in and one out. Keys that are there twice, or that no call knows, are refused. */
export async function answerJson(
  request: HttpRequest,
  response: HttpResponse,
  { handlers, intake }: { readonly handlers: Handlers; readonly intake: Intake },
  onError: (call: string, error: unknown) => void,
): Promise<void> {
  const path = request.url ?? "";
  const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
  if (!handler)
    return sayFailure(response, failure("unimplemented", { code: "BAD_REQUEST", message: `there is no call ${path}` }));
  if (request.method !== "POST") {
    return sayJson(response, 405, { code: "unimplemented", mandate: { code: "BAD_REQUEST", message: "calls are POSTed" } });
  }
  let answer: unknown;
  let body: Body | undefined;
  try {
    body = await intake.read(request);
    answer = await handler(readJson(body));
  } catch (error) {
    if (error instanceof BrokenOffError) throw error;
    const failed = failureOf(error);
    if (failed.bug) onError(path, error);
    return sayFailure(response, failed);
  } finally {
    body?.release();
  }
  sayJson(response, 200, answer);
  await handedOver(response);
}

function readJson({ chunks, tooLong }: Body): unknown {
  if (tooLong) throw new GatewayError("BAD_REQUEST", `a call is at most ${BODY_LIMIT} bytes`);
  const read = readStrictJson(Buffer.concat(chunks).toString("utf8"), SHAPE);
  if ("problem" in read) throw new GatewayError("BAD_REQUEST", read.problem.slice(0, 300));
  return read.value;
}
