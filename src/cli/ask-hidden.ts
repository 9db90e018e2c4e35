import { UsageError } from "../core/errors.ts";

/** Reads one line from the terminal without showing it. @throws {UsageError} when it is broken off. */
export function askHidden(question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    process.stderr.write(question);
    const { stdin } = process;
    let typed = "";
    const end = () => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener("data", onData);
      process.stderr.write("\n");
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
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on("data", onData);
  });
}
