import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where keystores are kept: `--keystore-dir`, else MANDATE_KEYSTORE_DIR, else `mandate/keys` in the user's state folder. Absolute. */
export function keystoreFolder(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const state = env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return resolve(given ?? (env.MANDATE_KEYSTORE_DIR || join(state, "mandate", "keys")));
}
