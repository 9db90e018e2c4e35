import { type Logger, pino } from "pino";
import type { LogLevel } from "./log-level.ts";
import type { GlobalOptions } from "./output.ts";

export type { Logger };

/**
 * JSON logs on stderr, from `--log-level` on: with `--verbose` from debug on, else warnings. Durations and machine time
 * belong here and never into a journal. Nothing that looks like a key is written.
 */
export function createLog({ logLevel, verbose }: Pick<GlobalOptions, "logLevel" | "verbose">): Logger {
  const level: LogLevel = logLevel ?? (verbose ? "debug" : "warn");
  const secret = ["password", "privateKey", "private_key", "apiKey", "api_key", "authorization", "token"];
  const redact = { paths: secret.flatMap((name) => [name, `*.${name}`]), censor: "[hidden]" };
  return pino(
    {
      name: "mandate",
      level,
      redact,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
