import { UsageError } from "../core/errors.ts";

/** What is asked, and where the answer is typed. */
export interface Terminal {
  readonly stdin: Pick<typeof process.stdin, "setRawMode" | "resume" | "pause" | "on" | "removeListener">;
  readonly stderr: Pick<typeof process.stderr, "write">;
}

/** Reads one line from the terminal without showing it. @throws {UsageError} when it is broken off. */
export function askHidden(question: string, { stdin, stderr }: Terminal = process): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = "";
    const end = () => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener("data", onData);
      stderr.write("\n");
    };
    const onData = (chunk: Buffer) => {
      for (const character of chunk.toString("utf8")) {
        if (character === "\r" || character === "\n") {
          end();
          return resolve(typed);
        }
        if (character === "\u0003" || character === "\u0004") {
          end();
          return reject(new UsageError("nothing was typed", { remedy: "Type it, or hand it over in a file." }));
        }
        typed = character === "\u007f" ? typed.slice(0, -1) : typed + character;
      }
    };
    // First: what is typed as soon as the question is seen would be shown otherwise.
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on("data", onData);
    stderr.write(question);
  });
}
