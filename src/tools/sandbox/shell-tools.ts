import { z } from "zod";
import { SECOND } from "../../core/clock.ts";
import { defineTool, type Tool, type ToolAnswer } from "../tool.ts";
import { failed, type ToolResult } from "../tool-result.ts";
import { DOOR_URL, INSIDE } from "./bwrap-arguments.ts";
import type { CommandRan, EndedBy } from "./run-command.ts";
import type { RunOptions, Sandbox } from "./sandbox.ts";

const path = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{Cc}]+$/u)
  .describe(`relative to ${INSIDE}, or absolute`);
const answer = z.strictObject({ exit: z.number().nullable(), stdout: z.string(), stderr: z.string(), bytes: z.number() });
const WHY: Readonly<Record<Exclude<EndedBy, "itself">, string>> = {
  time: "it took too long",
  output: "it said too much",
  memory: "it used too much memory",
  workspace: "it filled the workspace: what it had written since it began was removed",
  aborted: "the session is ending",
};

/** `bash`, `read` and `write`: an agent's hands inside its sandbox. All three run there, so a link leads nowhere else. */
export function shellTools(sandbox: Sandbox): readonly Tool[] {
  const { limits } = sandbox;
  const run = async (tool: string, command: readonly [string, ...string[]], options: RunOptions) =>
    toAnswer(tool, await sandbox.run(command, options));
  return [
    defineTool({
      name: "bash",
      title: "Shell",
      description: `Run a bash command in a sandbox: cast, sqlite3, curl and jq are there, files in ${INSIDE} stay. No network but ${DOOR_URL}: /rpc/<chain> is the gateway (cast uses it by itself; cast send --unlocked goes through all limits), /fetch/https://… asks hosts by the methods that the mandate names. At most ${limits.wall / SECOND} seconds.`,
      category: "action",
      input: z.strictObject({
        command: z.string().min(1).max(20_000),
        timeout_seconds: z
          .number()
          .int()
          .min(1)
          .max(Math.floor(limits.wall / SECOND))
          .optional(),
      }),
      output: answer,
      run: ({ command, timeout_seconds }, { signal }) =>
        run("bash", ["bash", "--norc", "-c", command], {
          ...(timeout_seconds === undefined ? {} : { wall: timeout_seconds * SECOND }),
          ...(signal ? { signal } : {}),
        }),
    }),
    defineTool({
      name: "read",
      title: "Read a file",
      description: "Read lines of a text file in the sandbox.",
      category: "data",
      input: z.strictObject({
        path,
        from_line: z.number().int().min(1).default(1),
        lines: z.number().int().min(1).max(2_000).default(400),
      }),
      output: answer,
      annotations: { openWorldHint: false },
      run: ({ path: file, from_line, lines }, { signal }) =>
        run(
          "read",
          ["bash", "--norc", "-c", 'sed -n "$2,$3p;$3q" <"$1"', "read", file, String(from_line), String(from_line + lines - 1)],
          {
            ...(signal ? { signal } : {}),
          },
        ),
    }),
    defineTool({
      name: "write",
      title: "Write a file",
      description: `Write a whole file in ${INSIDE}; folders are made. What was there before is gone.`,
      category: "state",
      input: z.strictObject({ path, content: z.string().max(200_000) }),
      output: answer,
      run: ({ path: file, content }, { signal }) =>
        run("write", ["bash", "--norc", "-c", 'mkdir -p -- "$(dirname -- "$1")" && cat >"$1"', "write", file], {
          stdin: content,
          ...(signal ? { signal } : {}),
        }),
    }),
  ];
}

function toAnswer(
  tool: string,
  { ended, exit, stdout, stderr, bytes }: CommandRan,
): ToolAnswer<z.input<typeof answer>> | ToolResult {
  const data = { exit, stdout, stderr, bytes };
  if (ended !== "itself") {
    return failed(tool, ended === "aborted" ? "aborted" : "execution_failed", `ended: ${WHY[ended]}`, {
      data,
      suggestion: "Look at what it did before you run it again; ask for less at once.",
    });
  }
  return { data, explanation: exit === 0 ? "done" : `it ended with ${exit}` };
}
