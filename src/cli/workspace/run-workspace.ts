import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { messageOf, UsageError } from "../../core/errors.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import type { Entry } from "../../journal/journal.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { openSandbox } from "../../tools/sandbox/sandbox.ts";
import { SandboxError } from "../../tools/sandbox/sandbox-error.ts";
import { prepareWorkspace } from "../../tools/workspace/prepare-workspace.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { homeOf, JOURNAL_FILE } from "../home.ts";
import { interrupted } from "../interrupted.ts";
import type { Output } from "../output.ts";

export interface RunWorkspaceParameters {
  readonly file: string;
  readonly dir: string;
  readonly command: readonly string[];
  readonly network?: string;
  readonly home?: string;
  readonly rpc?: string;
  readonly tokenFile?: string;
  readonly run?: boolean;
  readonly shell?: boolean;
}

/** Prepares a workspace, and runs a command in it where that is asked for. Its exit code becomes the process'. */
export async function runWorkspace(output: Output, parameters: RunWorkspaceParameters): Promise<void> {
  const { file, dir, network, command, run = false } = parameters;
  if (run !== command.length > 0) {
    throw new UsageError(run ? "--run needs a command" : "a command is run with --run", {
      remedy: "Write it as: mandate workspace FILE DIR --run -- COMMAND",
    });
  }
  if (run && parameters.shell === false) {
    throw new SandboxError("SHELL_OFF", "--no-shell: nothing is run", { remedy: "Leave out --run, or --no-shell." });
  }
  const mandate = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  const { terms } = mandate;
  const home = homeOf({ file, id: terms.id, network: terms.network, home: parameters.home });
  const { folder, skills } = prepareWorkspace({ mandate, folder: dir, ...(await entriesOf(home, mandate)) });
  if (!run) {
    output.document({ folder, skills }, () =>
      [folder, ...skills.map(({ name, origin }) => `  skill ${name}${origin === "own" ? " (its own)" : ""}`)].join("\n"),
    );
    return;
  }
  const sandbox = await openSandbox({
    mandate,
    workspace: folder,
    chains: addressesOf(terms, parameters.rpc ?? join(home, "rpc.sock")),
    clock: systemClock,
    ...(parameters.tokenFile === undefined ? {} : { token: tokenIn(parameters.tokenFile) }),
  });
  try {
    const [program = "", ...args] = command;
    process.exitCode = await sandbox.attach([program, ...args], process.stdin.isTTY ? hungUp() : interrupted());
  } finally {
    await sandbox.close();
  }
}

/** A terminal sends Ctrl-C to the command itself, which is not ended by it unless it wants to be. */
function hungUp(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}

/** The wallet's stream where there is one; without a journal the snapshot is left as it is. */
async function entriesOf(home: string, { terms }: Pick<Mandate, "terms">): Promise<{ readonly entries?: readonly Entry[] }> {
  const path = join(home, JOURNAL_FILE);
  if (!existsSync(path)) return {};
  const journal = await openJournalReader(path);
  try {
    const entries: Entry[] = [];
    for await (const entry of journal.read(walletId(terms))) entries.push(entry);
    return { entries };
  } finally {
    await journal.close();
  }
}

/** Where the gateway serves each chain. */
function addressesOf({ book }: Mandate["terms"], rpc: string): Readonly<Record<string, string>> {
  const base = rpc.startsWith("http://") ? rpc.replace(/\/+$/, "") : `unix:${resolve(rpc)}:`;
  return Object.fromEntries(Object.keys(book.chains).map((chain) => [chain, `${base}/rpc/${chain}`]));
}

function tokenIn(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`, {
      remedy: "mandate tokens new prints a token.",
      cause: error,
    });
  }
}
