import { SpanStatusCode, trace } from "@opentelemetry/api";
import { MandateError } from "../core/errors.ts";

/** Measures the stages of a cycle. Machine time: it goes to logs and spans, never into notes. */
export interface Spans {
  run<T>(name: string, stage: () => Promise<T>): Promise<T>;
}

export interface SpansParameters {
  /** Milliseconds of this machine from any origin: the caller's `performance.now`. */
  readonly stopwatch: () => number;
  /** Told of every stage that ended, well or badly. */
  readonly ended?: (name: string, milliseconds: number) => void;
}

/** OpenTelemetry spans named "mandate.STAGE" (nothing happens without an SDK), and the caller's own hook. */
export function telemetrySpans({ stopwatch, ended }: SpansParameters): Spans {
  const tracer = trace.getTracer("mandate");
  return {
    run: (name, stage) =>
      tracer.startActiveSpan(`mandate.${name}`, async (span) => {
        const began = stopwatch();
        try {
          return await stage();
        } catch (error) {
          const code = error instanceof MandateError ? error.code : "UNEXPECTED";
          span.setStatus({ code: SpanStatusCode.ERROR, message: code });
          throw error;
        } finally {
          span.end();
          ended?.(name, stopwatch() - began);
        }
      }),
  };
}

/** Measures nothing. */
export const noSpans: Spans = { run: (_name, stage) => stage() };
