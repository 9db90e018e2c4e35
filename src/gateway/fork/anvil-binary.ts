import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { MandateError } from "../../core/errors.ts";

const require = createRequire(import.meta.url);
const CPUS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** anvil's binary for this machine is not installed. */
export class AnvilMissingError extends MandateError {
  constructor(name: string, cause: unknown) {
    super("ANVIL_MISSING", `${name} is not installed`, {
      remedy: `Install it with: npm install --no-save --ignore-scripts ${name}`,
      cause,
    });
  }
}

/**
 * The anvil binary that npm installed for this machine, and its version. The package's own launcher is passed by: it
 * needs an install script.
 *
 * @throws {AnvilMissingError}
 */
export function anvilBinary(): { readonly path: string; readonly version: string } {
  const name = `@foundry-rs/anvil-${process.platform}-${CPUS[process.arch] ?? process.arch}`;
  try {
    // Resolved from the package that depends on it: not every package manager puts it beside us.
    const launcher = createRequire(require.resolve("@foundry-rs/anvil/package.json"));
    const manifest = launcher.resolve(`${name}/package.json`);
    const { version } = launcher(manifest) as { readonly version: string };
    return { path: join(dirname(manifest), "bin", "anvil"), version };
  } catch (cause) {
    throw new AnvilMissingError(name, cause);
  }
}
