import { Command } from "commander";
import { examples } from "../examples.ts";
import { outputOf } from "../output.ts";

interface WorkspaceOptions {
  readonly network?: string;
  readonly home?: string;
  readonly rpc?: string;
  readonly tokenFile?: string;
  readonly run?: boolean;
  /** False where --no-shell was given. */
  readonly shell?: boolean;
}

export function workspaceCommand(): Command {
  return new Command("workspace")
    .summary("a folder from which any coding agent can act for a mandate")
    .description(
      "Write a workspace, or bring one up to date: AGENTS.md made of the mandate, config.json without a secret, skills, a snapshot of the journal, a file for notes. With --run, start a command in it inside the sandbox, from which nothing but the gateway can be reached.",
    )
    .argument("<file>", "the mandate")
    .argument("<dir>", "the workspace: a folder that is empty, or that this command has made")
    .argument("[command...]", "with --run: what is started, after --")
    .option("-n, --network <name>", "this network of the mandate instead of the one that it names")
    .option("--home <dir>", "where state is kept (default: MANDATE_HOME, or .mandate beside the mandate)")
    .option("--run", "start the command after -- in the sandbox")
    .option("--no-shell", "refuse to run anything, as shell: off in the mandate does")
    .option(
      "--rpc <address>",
      "the gateway's JSON-RPC: a socket's path, or http://127.0.0.1:PORT (default: rpc.sock beside the journal)",
    )
    .option("--token-file <file>", "with an address on 127.0.0.1: the token that the gateway asks for")
    .addHelpText(
      "after",
      examples([
        ["mandate workspace MANDATE.md agent", "prepare it"],
        ["mandate workspace MANDATE.md agent --run -- bash", "look at it from inside"],
        ["mandate workspace MANDATE.md agent --run -- .agents/skills/check-balances/scripts/balances.sh", "run a skill"],
      ]),
    )
    .action(async (file: string, dir: string, command: string[], options: WorkspaceOptions, self: Command) => {
      const { runWorkspace } = await import("../workspace/run-workspace.ts");
      await runWorkspace(outputOf(self), { ...options, file, dir, command });
    });
}
