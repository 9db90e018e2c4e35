import type { AssistantMessage } from "@earendil-works/pi-ai";
import type { ModelFailure } from "./model-port.ts";
import { oneLine } from "./one-line.ts";
import type { WireRecord } from "./watched-fetch.ts";

export type Reply =
  | { readonly ok: true; readonly text: string; readonly stop: "stop" | "tool_use" }
  | {
      readonly ok: false;
      readonly code: ModelFailure;
      readonly detail: string;
      readonly text: string;
      /** Whether the same request may succeed in a moment. */
      readonly again: boolean;
    };

/** Why a request was ended from this side. */
export type Killed = "stalled" | "aborted" | "deadline";

export interface ClassifyParameters {
  readonly message: AssistantMessage;
  readonly wire: WireRecord;
  readonly killed: Killed | undefined;
}

/** What a finished request means: an answer's text, or which failure. */
export function classifyReply({ message, wire, killed }: ClassifyParameters): Reply {
  const text = textOf(message);
  const fail = (code: ModelFailure, detail: string, again = false): Reply => ({
    ok: false,
    code,
    detail: oneLine(detail),
    text,
    again,
  });

  if (killed === "stalled") return fail("MODEL_STALLED", "the model's stream fell silent");
  if (killed === "aborted") return fail("MODEL_ABORTED", "the call was aborted");
  if (killed === "deadline") return fail("MODEL_DEADLINE", "no answer within the deadline");
  if (wire.failure === "TOO_LARGE") return fail("MODEL_ERROR", "the answer is larger than any answer may be");
  if (wire.refusal !== "") return fail("MODEL_REFUSED", wire.refusal);
  if (message.stopReason === "stop") return { ok: true, text, stop: "stop" };
  if (message.stopReason === "toolUse") return { ok: true, text, stop: "tool_use" };
  if (message.stopReason === "length") return fail("MODEL_LENGTH", "the answer was cut at the token limit");
  const said = message.errorMessage ?? "the provider reported an error";
  if (/refusal|content_filter|sensitive/.test(message.rawStopReason ?? "")) return fail("MODEL_REFUSED", said);
  if (wire.status === undefined) {
    return fail("MODEL_UNREACHABLE", `the endpoint cannot be reached${wire.failure ? ` (${wire.failure})` : ""}`, true);
  }
  if (wire.status >= 300) return httpFailure(wire.status, wire.errorBody, fail);
  return fail("MODEL_ERROR", said, brokeOff(message, said));
}

function httpFailure(status: number, body: string, fail: (code: ModelFailure, detail: string, again?: boolean) => Reply): Reply {
  const said = `HTTP ${status}: ${saidIn(body)}`;
  if (status < 400)
    return fail("MODEL_UNREACHABLE", `HTTP ${status}: the endpoint redirects; write the address that it redirects to`);
  if (status === 401 || status === 403) return fail("MODEL_KEY_REFUSED", said);
  if (status === 404 || (status === 400 && UNKNOWN_MODEL.test(body))) return fail("MODEL_UNKNOWN", said);
  // Waiting does not fill an empty account.
  if (status === 402 || /insufficient_quota|credit balance/i.test(body)) return fail("MODEL_ERROR", said);
  if (status === 429) return fail("MODEL_RATE_LIMITED", said, true);
  return fail("MODEL_ERROR", said, status >= 500 || status === 408 || status === 409);
}

const UNKNOWN_MODEL = /model_not_found|not a valid model|invalid model|model\b.{0,80}\b(does not exist|not found)/i;

/** The stream ended too early, or the provider was overloaded in the middle of it. */
function brokeOff(message: AssistantMessage, said: string): boolean {
  if (message.rawStopReason !== undefined && message.rawStopReason !== "failed") return false;
  return /overloaded|rate_limit|server_error|api_error|terminated|network|socket|premature|without|before/i.test(said);
}

/** The provider's own words: `error.message` where the body is JSON, else the body. */
function saidIn(body: string): string {
  const found = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(body)?.[1];
  if (found === undefined) return body.trim() === "" ? "no reason given" : body;
  try {
    return String(JSON.parse(found));
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}

function textOf(message: AssistantMessage): string {
  const call = message.content.find((block) => block.type === "toolCall");
  if (call) return JSON.stringify(call.arguments);
  return message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
}
