import { Command, Option } from "commander";
import type { KeyClass } from "../../gateway/keys/key-class.ts";
import type { StoredKey } from "../../gateway/keys/key-folder.ts";
import { examples } from "../examples.ts";
import { keystoreFolder } from "../keys/keystore-folder.ts";
import { type OperatorOptions, operatorOptions } from "../operator/operator-options.ts";
import { type Output, outputOf } from "../output.ts";
import { wholeNumber } from "../whole-number.ts";

interface FolderOptions {
  readonly keystoreDir?: string;
}

interface SealOptions extends FolderOptions {
  readonly class: KeyClass;
  readonly passwordFile?: string;
  readonly passwordFd?: number;
}

interface RotateOptions extends Omit<SealOptions, "class"> {
  readonly class?: KeyClass;
  readonly newPasswordFile?: string;
  readonly newPasswordFd?: number;
}

export function keysCommand(): Command {
  return new Command("keys")
    .summary("keystores: make, import, list, rotate; the operator's key: hand over")
    .description(
      "Keep the wallets' keys in V3 keystores, as cast and geth read and write them, each bound to real networks or to rehearsals. Keys and passwords are never taken from the command line.",
    )
    .addCommand(newCommand())
    .addCommand(importCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(handOverCommand())
    .addHelpText("after", examples([["mandate keys new main", "make a wallet for real networks"]]));
}

function newCommand(): Command {
  return sealing(new Command("new"))
    .summary("make a key")
    .description(
      "Make a key and its keystore, mode 0600, never over another. Prints the wallet's address; the key is shown nowhere.",
    )
    .addHelpText(
      "after",
      examples([
        ["mandate keys new main", "a wallet for real networks; its password is asked for twice"],
        ["mandate keys new play --class rehearsal --password-file pw", "one that only worlds load"],
      ]),
    )
    .action(async (name: string, options: SealOptions, self: Command) => {
      const output = outputOf(self);
      const [{ newKey, requireFreeName }, { newPassword }] = await Promise.all([
        import("../../gateway/keys/key-folder.ts"),
        import("../keys/new-password.ts"),
      ]);
      const folder = keystoreFolder(options.keystoreDir);
      requireFreeName(folder, name);
      const password = await newPassword(output, options, "MANDATE_PASSWORD");
      told(output, newKey(folder, name, options.class, password));
    });
}

function importCommand(): Command {
  return sealing(new Command("import"))
    .summary("keep a private key that there is already")
    .description("Seal a private key into a keystore, mode 0600, never over another. The key is asked for, or read from a file.")
    .option("--from <file>", "the file that holds the private key in hexadecimal; delete it after")
    .addHelpText(
      "after",
      examples([
        ["mandate keys import main", "key and password are asked for"],
        ["mandate keys import main --from key.txt --password-file pw", "without a terminal"],
      ]),
    )
    .action(async (name: string, options: SealOptions & { readonly from?: string }, self: Command) => {
      const output = outputOf(self);
      const [{ importKey, requireFreeName, requirePrivateKey }, { newPassword }, { readPrivateKey }] = await Promise.all([
        import("../../gateway/keys/key-folder.ts"),
        import("../keys/new-password.ts"),
        import("../keys/read-private-key.ts"),
      ]);
      const folder = keystoreFolder(options.keystoreDir);
      requireFreeName(folder, name);
      const key = await readPrivateKey(output, options.from);
      requirePrivateKey(key);
      const password = await newPassword(output, options, "MANDATE_PASSWORD");
      told(output, importKey(folder, name, options.class, key, password));
    });
}

function listCommand(): Command {
  return inFolder(new Command("list"))
    .summary("which keys there are")
    .description("List the keystores of the folder: name, what each may be loaded for, address. Nothing is opened.")
    .addHelpText("after", examples([["mandate keys list", "those of this user"]]))
    .action(async ({ keystoreDir }: FolderOptions, self: Command) => {
      const output = outputOf(self);
      const { listKeys } = await import("../../gateway/keys/key-folder.ts");
      const folder = keystoreFolder(keystoreDir);
      const keys = listKeys(folder);
      output.document({ folder, keys }, () =>
        keys.length === 0 ? `no keys in ${folder}` : keys.map((key) => line(key)).join("\n"),
      );
    });
}

function rotateCommand(): Command {
  return inFolder(new Command("rotate"))
    .argument("<name>", "the key's name")
    .summary("seal a key anew, under another password")
    .description(
      "Seal a key anew under another password and another salt, in place of the old keystore. The wallet stays the same. For another wallet: make a key, move what the wallet holds, and have the operator amend the mandate.",
    )
    .addOption(classOption("bind it to these networks from now on"))
    .option("--password-file <file>", "the old password (else MANDATE_PASSWORD, else it is asked for)")
    .option("--password-fd <n>", "read the old password from this open file descriptor", wholeNumber)
    .option("--new-password-file <file>", "the new password (else MANDATE_NEW_PASSWORD, else it is asked for twice)")
    .option("--new-password-fd <n>", "read the new password from this open file descriptor", wholeNumber)
    .addHelpText(
      "after",
      examples([
        ["mandate keys rotate main", "both passwords are asked for"],
        ["mandate keys rotate main --password-file old --new-password-file new", "without a terminal"],
      ]),
    )
    .action(async (name: string, options: RotateOptions, self: Command) => {
      const output = outputOf(self);
      const [{ requireKey, rotateKey }, { newPassword }, { openPassword }] = await Promise.all([
        import("../../gateway/keys/key-folder.ts"),
        import("../keys/new-password.ts"),
        import("../run/open-password.ts"),
      ]);
      const folder = keystoreFolder(options.keystoreDir);
      requireKey(folder, name);
      const old = await openPassword(output, options);
      const source = { passwordFile: options.newPasswordFile, passwordFd: options.newPasswordFd };
      const fresh = await newPassword(output, source, "MANDATE_NEW_PASSWORD");
      told(output, await rotateKey(folder, name, { old, new: fresh }, options.class));
    });
}

function handOverCommand(): Command {
  return operatorOptions(new Command("hand-over"))
    .summary("another operator's key takes over")
    .description(
      "Let another operator's key give the orders for a wallet from here on; the one before signs that, and its orders hold no more. The new pair is made where the file is not there. Start the gateway with the new key, or with none, from then on.",
    )
    .requiredOption("--to <file>", "the new operator's key file")
    .addHelpText(
      "after",
      examples([["mandate keys hand-over MANDATE.md --operator-key old.key --to new.key", "then put old.key away for good"]]),
    )
    .action(async (target: string, { to, ...options }: OperatorOptions & { readonly to: string }, self: Command) => {
      const output = outputOf(self);
      const [{ withOperator }, { operatorPublicKey }, { readOperatorKey }] = await Promise.all([
        import("../operator/reach-operator.ts"),
        import("../run/operator-public-key.ts"),
        import("../../gateway/operator/operator-key.ts"),
      ]);
      await withOperator(target, options, async (operator) => {
        operatorPublicKey(output, to);
        const key = await operator.handOver(readOperatorKey(to));
        output.document({ operator: key }, () => `the operator's key is ${key.slice(0, 12)} from here on`);
      });
    });
}

function sealing(command: Command): Command {
  return inFolder(command)
    .argument("<name>", "what to call it: letters, digits, _ and -")
    .addOption(classOption("what it may be loaded for").default("live"))
    .option("--password-file <file>", "the keystore's password (else MANDATE_PASSWORD, else it is asked for twice)")
    .option("--password-fd <n>", "read the password from this open file descriptor", wholeNumber);
}

function classOption(what: string): Option {
  return new Option("--class <class>", what).choices(["live", "rehearsal"] satisfies readonly KeyClass[]);
}

function inFolder(command: Command): Command {
  return command.option(
    "--keystore-dir <dir>",
    "where keystores are kept (default: MANDATE_KEYSTORE_DIR, or ~/.local/state/mandate/keys)",
  );
}

function told(output: Output, key: StoredKey): void {
  output.document(key, () => `${line(key)}\n${key.file}`);
}

function line({ name, class: keyClass, address }: StoredKey): string {
  return `${name.padEnd(20)}  ${keyClass.padEnd(9)}  ${address ?? "address not known"}`;
}
