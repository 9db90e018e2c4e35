import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, UsageError } from "../../core/errors.ts";
import { capturedModel } from "../../llm/captured-model.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { type RehearsalEvent, rehearse } from "../../worlds/rehearsal/rehearse.ts";
import { createLog } from "../log.ts";
import type { GlobalOptions, Output } from "../output.ts";
import { version } from "../version.ts";
import { eventRenderer } from "./render-event.ts";
import { stageLog } from "./stage-log.ts";

export interface TryAnswerParameters {
  readonly file: string;
  /** A path, or - for standard input. */
  readonly answer: string;
  readonly seed: string;
  readonly network?: string;
  readonly fund?: Readonly<Record<string, string>>;
}

/** What an answer comes to: it could not be read, something of it was refused, or neither. */
export type TriedAnswer = "unreadable" | "refused" | "passes";

/** Runs an answer through one dry cycle and prints what comes of it. */
export async function tryAnswer(
  output: Output,
  globals: GlobalOptions,
  { answer, ...parameters }: TryAnswerParameters,
): Promise<TriedAnswer> {
  const { brief } = readMandate(parameters.file, { network: parameters.network, worldWallet: REHEARSAL_WALLET });
  if (brief.decider === "loop") {
    throw new UsageError("a model with tools gives no single answer: it calls, looks, and calls again", {
      remedy: `Write its turns as a script: mandate rehearse ${parameters.file} --mock SCRIPT.json. The first prompt: mandate prompt ${parameters.file}`,
    });
  }
  const text = readAnswerText(answer);
  const home = mkdtempSync(join(tmpdir(), "mandate-decide-"));
  const events: RehearsalEvent[] = [];
  try {
    await rehearse({
      ...parameters,
      home,
      cycles: 1,
      dryRun: true,
      version: version(),
      model: async () => capturedModel(text),
      spans: stageLog(createLog(globals)),
      on: (event) => void events.push(event),
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const told = events.filter(({ kind }) => kind !== "world" && kind !== "cycle");
  const unreadable = told.some((event) => event.kind === "hold" && event.code !== null);
  const refused = told.some(({ kind }) => kind === "refused" || kind === "unsayable");
  const result: TriedAnswer = unreadable ? "unreadable" : refused ? "refused" : "passes";
  const render = eventRenderer(output.style);
  output.document({ result, events: told }, () => told.flatMap((event) => render(event)).join("\n"));
  return result;
}

function readAnswerText(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`, {
      remedy: "Give the answer's file, or - and pipe it in.",
      cause: error,
    });
  }
}
