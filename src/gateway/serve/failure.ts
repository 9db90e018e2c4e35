import { z } from "zod";
import { MandateError, messageOf } from "../../core/errors.ts";
import { GatewayError } from "../gateway-error.ts";

/** What a caller is told of a call that reached no answer, whatever protocol it came by. */
export interface Failure {
  /** HTTP's, where the protocol says it in HTTP. */
  readonly status: number;
  /** Connect's and gRPC's name of the kind. */
  readonly kind: FailureKind;
  readonly mandate: {
    readonly code: string;
    readonly message: string;
    readonly remedy?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
  /** A failure that has no code is a bug, and somebody has to hear of it. */
  readonly bug: boolean;
}

export type FailureKind = keyof typeof STATUS;

const STATUS = {
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  permission_denied: 403,
  unimplemented: 404,
  resource_exhausted: 429,
  internal: 500,
} as const;

export function failureOf(error: unknown): Failure {
  if (error instanceof z.ZodError) return failure("invalid_argument", { code: "BAD_REQUEST", message: z.prettifyError(error) });
  if (error instanceof GatewayError) return failure(kindOf(error), error.toJSON());
  if (error instanceof MandateError) return failure("internal", { ...error.toJSON(), code: "INTERNAL" });
  return { ...failure("internal", { code: "INTERNAL", message: messageOf(error) }), bug: true };
}

export function failure(kind: FailureKind, mandate: Failure["mandate"]): Failure {
  return { status: STATUS[kind], kind, mandate, bug: false };
}

/** Connect's error as JSON; ours stands in `mandate`. */
export function failureJson({ kind, mandate }: Failure): unknown {
  return { code: kind, message: mandate.message, mandate };
}

function kindOf({ code }: GatewayError): FailureKind {
  if (code === "BAD_REQUEST") return "invalid_argument";
  if (code === "RATE_LIMITED") return "resource_exhausted";
  if (code === "UNAUTHORIZED") return "unauthenticated";
  return code === "INTERNAL" ? "internal" : "failed_precondition";
}
