/** What was seen of one request on the wire. Filled while it runs. */
export interface WireRecord {
  /** False as long as no request left this machine. */
  sent: boolean;
  /** HTTP status, once headers have come. */
  status: number | undefined;
  /** What `retry-after` asks for, in milliseconds. */
  retryAfterMs: number | undefined;
  /** The body of an answer that is not a success, cut at 64 KB. */
  errorBody: string;
  /** What the model said instead of an answer; pi-ai loses it on chat completions. */
  refusal: string;
  /** The system's code when no answer came ("ECONNREFUSED"), or "TOO_LARGE". */
  failure: string | undefined;
}

const MAX_ERROR_BODY = 64 * 1024;
const MAX_ANSWER = 16 * 1024 * 1024;
/** Nothing reached the other side. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|ERR_TLS.*|.*CERT.*|EPROTO)$/;

/**
 * A `fetch` for the providers' SDKs that records what pi-ai does not report: status, retry-after, refusals, and,
 * from the sending on, each sign of life (`onBytes`). It sends no headers that describe this machine or a library, follows no redirect
 * (a redirect would carry the key elsewhere), and ends an answer that grows without end.
 */
export function watchedFetch(onBytes: () => void): { readonly fetch: typeof globalThis.fetch; readonly wire: WireRecord } {
  const wire: WireRecord = {
    sent: false,
    status: undefined,
    retryAfterMs: undefined,
    errorBody: "",
    refusal: "",
    failure: undefined,
  };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    let response: Response;
    wire.sent = true;
    onBytes();
    try {
      response = await globalThis.fetch(input, { ...init, headers: plainHeaders(init?.headers), redirect: "manual" });
    } catch (error) {
      wire.failure = systemCode(error);
      wire.sent = wire.failure === undefined || !NOT_SENT.test(wire.failure);
      throw error;
    }
    onBytes();
    wire.status = response.status;
    wire.retryAfterMs = retryAfter(response.headers);
    const { status, headers } = response;
    if (!response.ok || !response.body) {
      wire.errorBody = response.body ? await readUpTo(response.body, MAX_ERROR_BODY) : "";
      return new Response(NO_BODY.has(status) ? null : wire.errorBody, {
        status: status < 200 ? 502 : status,
        headers: unencoded(headers),
      });
    }
    return new Response(response.body.pipeThrough(watching(wire, onBytes)), { status, headers: unencoded(headers) });
  };
  return { fetch, wire };
}

const NO_BODY = new Set([204, 205, 304]);

function watching(wire: WireRecord, onBytes: () => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let size = 0;
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      onBytes();
      size += chunk.byteLength;
      if (size > MAX_ANSWER) {
        wire.failure = "TOO_LARGE";
        controller.terminate();
        return;
      }
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) wire.refusal += refusalIn(line);
      controller.enqueue(chunk);
    },
  });
}

/** The refusal in one line of an event stream: chat's `delta.refusal`, responses' `response.refusal.delta`. */
function refusalIn(line: string): string {
  if (!line.startsWith("data:") || !line.includes("refusal")) return "";
  const event = asJson(line.slice("data:".length));
  if (event?.type === "response.refusal.delta") return typeof event.delta === "string" ? event.delta : "";
  const choice = Array.isArray(event?.choices) ? (event.choices[0] as { delta?: { refusal?: unknown } } | undefined) : undefined;
  const refusal = choice?.delta?.refusal;
  return typeof refusal === "string" ? refusal : "";
}

function asJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function plainHeaders(given: RequestInit["headers"]): Headers {
  const headers = new Headers(given);
  for (const name of [...headers.keys()]) if (name.startsWith("x-stainless-")) headers.delete(name);
  return headers;
}

/** The body is decoded already when it is handed on. */
function unencoded(given: Headers): Headers {
  const headers = new Headers(given);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return headers;
}

/** Seconds as a number. The date form is not used by model providers and is passed over. */
function retryAfter(headers: Headers): number | undefined {
  const ms = headers.get("retry-after-ms");
  if (ms !== null && /^\d+(\.\d+)?$/.test(ms)) return Number(ms);
  const seconds = headers.get("retry-after");
  if (seconds !== null && /^\d+(\.\d+)?$/.test(seconds)) return Number(seconds) * 1_000;
  return undefined;
}

async function readUpTo(body: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString("utf8");
}

function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    if (at instanceof AggregateError) {
      const inner = at.errors.map(systemCode).find((code) => code !== undefined);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}
