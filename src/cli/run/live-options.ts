import type { Command } from "commander";
import { wholeNumber } from "../whole-number.ts";

/** The options of every command that needs the wallet's key. */
export interface LiveOptions {
  readonly network?: string;
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly passwordFd?: number;
  /** Of an exchange's account itself: for transfers between its own classes. */
  readonly ownerKeystore?: string;
  readonly ownerPasswordFile?: string;
  readonly live?: boolean;
  readonly home?: string;
  /** Where a world runs, for a network that is one. */
  readonly world?: string;
  /** False where --no-forks was given. */
  readonly forks?: boolean;
}

const KEYSTORE = "the wallet's V3 keystore, as cast wallet and geth write it";
const PASSWORD = "the keystore's password (else MANDATE_PASSWORD, else it is asked for)";

const OWNER = "at an exchange, with class_transfers: the account's own keystore, which signs transfers between its classes alone";
const OWNER_PASSWORD = "its password (else MANDATE_OWNER_PASSWORD, else it is asked for)";

/** Of the commands that start a gateway for real money. */
export const GO_LIVE =
  "the operator's order for the first start with real money, as mandate amend writes it, where --operator-key is the public half";

export function liveOptions(command: Command): Command {
  return commonOptions(
    command
      .option("--keystore <file>", KEYSTORE)
      .option("--password-file <file>", PASSWORD)
      .option("--owner-keystore <file>", OWNER)
      .option("--owner-password-file <file>", OWNER_PASSWORD),
  );
}

/** The same for several mandates: each has a keystore of its own, and passwords of their own or one for all. */
export function houseOptions(command: Command): Command {
  return commonOptions(
    command
      .option("--keystore <file>", `${KEYSTORE}; once for each mandate`, collect)
      .option("--password-file <file>", `${PASSWORD}; once for each mandate or for all`, collect)
      .option("--owner-keystore <file>", `${OWNER}; for one mandate`)
      .option("--owner-password-file <file>", OWNER_PASSWORD),
  );
}

/** Gathers what an option is given that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function commonOptions(command: Command): Command {
  return command
    .option("-n, --network <name>", "this network of the mandate instead of the one that it names")
    .option("--password-fd <n>", "read the password from this open file descriptor", wholeNumber)
    .option("--live", "yes, this is real money")
    .option("--world <url>", "for a network that is a world: the one that runs there (mandate world …)")
    .option("--no-forks", "never start a local fork, also where the RPC can neither simulate nor trace")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)");
}
