import { MandateError } from "../core/errors.ts";

/** There was no answer, or one that is neither a success nor an error of JSON-RPC. What it says names no URL, which may have a key in it. */
export class HttpRequestError extends MandateError {
  /** HTTP's. Undefined: nothing was answered. */
  readonly status: number | undefined;
  /** Milliseconds that whoever answered asks to be left alone for. */
  readonly wait: number | undefined;

  constructor(why: string, { status, wait, cause }: { status?: number; wait?: number | undefined; cause?: unknown } = {}) {
    super("HTTP_FAILED", why || codeOf(cause) || "the HTTP request failed", {
      cause,
      remedy: "Look at the URL in the mandate's book, and ask again.",
    });
    this.status = status;
    this.wait = wait;
  }
}

/** The system's word for a failure, which has no other where several addresses were tried. */
function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
}

/** The whole answer did not come in time. */
export class TimeoutError extends MandateError {
  constructor() {
    super("HTTP_LATE", "The request timed out.", { remedy: "Ask again, or ask a node that is nearer." });
  }
}

/** A node's answer was an error, in whatever form it said so. */
export class RpcRequestError extends MandateError {
  /** JSON-RPC's. Null: what was said has none. */
  readonly rpcCode: number | null;
  /** Revert data, where the node gave some. */
  readonly data: unknown;

  constructor({ code, message, data }: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown }) {
    super("RPC_REFUSED", typeof message === "string" ? message : "the node refused without a word", {
      remedy: "See the node's message.",
    });
    this.rpcCode = typeof code === "number" ? code : null;
    this.data = data;
  }
}
