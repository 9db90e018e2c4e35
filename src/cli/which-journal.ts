import type { Command } from "commander";
import { wholeNumber } from "./whole-number.ts";

/** The options of every command that reads a journal. */
export interface WhichJournal {
  readonly network?: string;
  readonly run?: number;
  readonly home?: string;
}

/** Adds the argument and the options that say which journal is meant. */
export function whichJournal(command: Command): Command {
  return command
    .argument("<mandate>", "a mandate file or id, or the folder of a journal")
    .option("-n, --network <name>", "the journal of this network, not the newest")
    .option("--run <n>", "the journal of this rehearsal, not the newest", wholeNumber)
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)");
}
