import { styleText } from "node:util";
import type { Command } from "commander";
import { toJson } from "../core/json.ts";
import type { LogLevel } from "./log-level.ts";
import { createProgress, type Progress, type TextStream } from "./progress.ts";

/** The options that every command has. */
export interface GlobalOptions {
  /** Undefined: JSON where stdout is no terminal. */
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly logLevel?: LogLevel;
  /** False for --no-color. */
  readonly color?: boolean;
}

export type Style = Parameters<typeof styleText>[0];

/** The version of every JSON document that the CLI prints. */
export const SCHEMA_VERSION = 1;

/**
 * Where a command writes: data to stdout, as one JSON document (or one a line in a stream) or as text for people;
 * everything else to stderr.
 *
 * Text that is not ours must go through `printable` before it gets here.
 */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether a question may be asked: both ends are a terminal and no program reads along. */
  readonly interactive: boolean;
  /** The command's one answer. `schema_version` is added; decimals and bigints become text. */
  document(document: object, text: () => string): void;
  /** One answer of a stream: a line of NDJSON, or its text. An empty text writes nothing. */
  record(record: object, text: () => string): void;
  /** A line for people, on stderr. */
  say(text: string): void;
  /** Tells on stderr what takes its time while `work` runs. */
  progress<T>(label: string, work: (step: Progress["step"]) => Promise<T>): Promise<T>;
  /** Text for stdout in a colour, where there are colours. */
  style(style: Style, text: string): string;
  /** Text for stderr in a colour, where there are colours. */
  styleAside(style: Style, text: string): string;
}

export interface Streams {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly stdin: { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

export function createOutput(options: GlobalOptions, streams: Streams = process): Output {
  const { stdout, stderr, stdin, env } = streams;
  const json = options.json ?? !stdout.isTTY;
  const verbose = options.verbose ?? false;
  const plain = options.color === false || Boolean(env.NO_COLOR) || env.TERM === "dumb";
  const painter = (stream: TextStream) => (style: Style, text: string) =>
    plain || !stream.isTTY ? text : styleText(style, text, { validateStream: false });
  const print = (document: object, text: () => string) => {
    if (json) {
      const body = toJson(document) as Readonly<Record<string, unknown>>;
      stdout.write(`${JSON.stringify({ schema_version: SCHEMA_VERSION, ...body })}\n`);
      return;
    }
    const shown = text();
    if (shown !== "") stdout.write(`${shown}\n`);
  };
  return {
    json,
    verbose,
    interactive: Boolean(stdin.isTTY) && Boolean(stderr.isTTY) && options.json !== true,
    document: print,
    record: print,
    say: (text) => void stderr.write(`${text}\n`),
    async progress(label, work) {
      const progress = createProgress(label, { stream: stderr, verbose });
      try {
        return await work(progress.step);
      } finally {
        progress.end();
      }
    },
    style: painter(stdout),
    styleAside: painter(stderr),
  };
}

/** The output that a command's own flags ask for. */
export function outputOf(command: Command): Output {
  return createOutput(command.optsWithGlobals<GlobalOptions>());
}
