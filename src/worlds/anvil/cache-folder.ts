import { homedir } from "node:os";
import { join } from "node:path";

/** Where downloads and built states are kept between runs: `MANDATE_CACHE`, else the user's cache folder. It may be deleted at any time. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MANDATE_CACHE) return env.MANDATE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mandate");
}
