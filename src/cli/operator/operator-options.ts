import type { Command } from "commander";
import { type WhichJournal, whichJournal } from "../which-journal.ts";

/** The options of every command that the operator gives. */
export interface OperatorOptions extends WhichJournal {
  readonly operatorKey?: string;
  readonly socket?: string;
}

export function operatorOptions(command: Command): Command {
  return operatorKeyOption(whichJournal(command)).option(
    "--socket <path>",
    "the operator's socket (default: operator.sock beside the journal)",
  );
}

export function operatorKeyOption(command: Command): Command {
  return command.option("--operator-key <file>", "the operator's key file (default: MANDATE_OPERATOR_KEY)");
}
