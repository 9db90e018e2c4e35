import { Command } from "commander";
import type { Finding } from "../doctor/finding.ts";
import { examples } from "../examples.ts";
import { EXIT } from "../exit-code.ts";
import { type Output, outputOf } from "../output.ts";

interface DoctorOptions {
  readonly keystore?: string;
  readonly operatorKey?: string;
  readonly mandate?: string;
  readonly network?: string;
}

export function doctorCommand(): Command {
  return new Command("doctor")
    .summary("what is installed, what is missing, the line that mends it")
    .description(
      "Look at everything that Mandate needs on this machine and print the line that mends what is missing. Exit 1 if something needed is missing. Of model keys it prints names, never values.",
    )
    .option("--keystore <file>", "a real key's file: is it out of this user's reach")
    .option("--operator-key <file>", "the operator's private key: is it out of this user's reach")
    .option("--mandate <file>", "a mandate for an exchange: does it keep the account in a mode that is judged")
    .option("-n, --network <name>", "with --mandate: this network instead of the one that it names")
    .addHelpText(
      "after",
      examples([
        ["mandate doctor", "before the first rehearsal"],
        [
          "mandate doctor --keystore /var/lib/mandate/key.json --operator-key /home/anna/operator.key",
          "before going live, as the agent's user",
        ],
        ["mandate doctor --mandate MANDATE.md --network mainnet", "before going live at an exchange"],
        ["mandate doctor --json", "for a program"],
      ]),
    )
    .action(async ({ keystore, operatorKey, mandate, network }: DoctorOptions, command: Command) => {
      const output = outputOf(command);
      const [packages, machine, memory, files] = await Promise.all([
        import("../doctor/examine-packages.ts"),
        import("../doctor/examine-machine.ts"),
        import("../doctor/examine-memory.ts"),
        import("../doctor/examine-files.ts"),
      ]);
      const { env } = process;
      const findings = await output.progress("looking", async () => [
        packages.examineNode(),
        ...(await Promise.all([packages.examineAnvil(), packages.examineSqlite(), packages.examineCast()])),
        machine.examineCache(env),
        machine.examineDisk(env, process.cwd()),
        machine.examineSandbox(),
        machine.examineModelKeys(env),
        machine.examineSeparation(keystore),
        // Who has not asked for real money yet is told of one key, not of two.
        ...(keystore === undefined && operatorKey === undefined ? [] : [machine.examineOperator(operatorKey)]),
        memory.examineMemory(),
        ...(mandate === undefined ? [] : await (await import("../doctor/examine-accounts.ts")).examineAccounts(mandate, network)),
        files.examineFiles(),
      ]);
      const ok = findings.every(({ status }) => status !== "missing");
      output.document({ ok, checks: findings }, () => told(findings, output));
      if (!ok) process.exitCode = EXIT.failed;
    });
}

const COLOURS = { ok: "green", warn: "yellow", missing: "red" } as const;

function told(findings: readonly Finding[], { style }: Output): string {
  const lines = findings.flatMap(({ name, status, detail, remedy }) => [
    `${style(COLOURS[status], status.padEnd(9))}${name.padEnd(16)}${detail}`,
    ...(remedy === null ? [] : [`${" ".repeat(25)}${remedy}`]),
  ]);
  const count = findings.filter(({ status }) => status === "missing").length;
  const end = count === 0 ? style("green", "ready") : style("red", `${count} missing`);
  return [...lines, "", end].join("\n");
}
