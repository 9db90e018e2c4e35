import { accessSync, constants } from "node:fs";
import { castBinary } from "./cast-binary.ts";
import { SandboxError } from "./sandbox-error.ts";

/** Where programs are looked for. They are what the sandbox shows of the host. */
const FOLDER = "/usr/bin";
/** Programs by the package that has them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  bubblewrap: ["bwrap"],
  socat: ["socat"],
  jq: ["jq"],
  sqlite3: ["sqlite3"],
  curl: ["curl"],
  "util-linux": ["setpriv", "prlimit", "choom"],
  bash: ["bash"],
};

export interface Programs {
  readonly bwrap: string;
  readonly cast: string;
}

/** What a sandbox is made of, or the line that installs it. @throws {SandboxError} */
export function findPrograms(platform: string = process.platform, folder = FOLDER): Programs {
  if (platform !== "linux") {
    throw new SandboxError("SANDBOX_UNSUPPORTED", `there is no sandbox on ${platform}: it needs Linux`, {
      remedy: "Go on with typed tools alone: shell: off in the mandate, or --no-shell.",
    });
  }
  const missing = Object.entries(PACKAGES).flatMap(([name, programs]) =>
    programs.every((program) => isProgram(`${folder}/${program}`)) ? [] : [name],
  );
  if (missing.length > 0) {
    throw new SandboxError("SANDBOX_MISSING", `not installed in ${folder}: ${missing.join(", ")}`, {
      remedy: `apt-get install -y ${missing.join(" ")}. Or go on with typed tools alone: shell: off in the mandate, or --no-shell.`,
      details: { missing },
    });
  }
  return { bwrap: `${folder}/bwrap`, cast: castBinary() };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
