import type { Command } from "commander";
import { wholeNumber } from "../whole-number.ts";

/** The options of every command that needs the wallet's key. */
export interface LiveOptions {
  readonly network?: string;
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly passwordFd?: number;
  readonly live?: boolean;
  readonly home?: string;
  /** False where --no-forks was given. */
  readonly forks?: boolean;
}

export function liveOptions(command: Command): Command {
  return command
    .option("-n, --network <name>", "this network of the mandate instead of the one that it names")
    .option("--keystore <file>", "the wallet's V3 keystore, as cast wallet and geth write it")
    .option("--password-file <file>", "the keystore's password (else MANDATE_PASSWORD, else it is asked for)")
    .option("--password-fd <n>", "read the password from this open file descriptor", wholeNumber)
    .option("--live", "yes, this is real money")
    .option("--no-forks", "never start a local fork, also where the RPC can neither simulate nor trace")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)");
}
