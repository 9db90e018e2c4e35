import { accessSync, constants, existsSync, mkdirSync, readdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MandateError, messageOf } from "../../core/errors.ts";
import { keyVariables, PROVIDERS } from "../../llm/providers.ts";
import { findPrograms, type Programs } from "../../tools/sandbox/find-programs.ts";
import { cacheFolder } from "../../worlds/anvil/cache-folder.ts";
import { type Finding, missing, ok, warn } from "./finding.ts";

/** Where downloads and built worlds are kept: whether it can be written, and what is there already. */
export function examineCache(env: NodeJS.ProcessEnv): Finding {
  const folder = cacheFolder(env);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    return missing(
      "cache",
      `${folder} cannot be written: ${messageOf(error)}`,
      "export MANDATE_CACHE=DIR, a folder that you may write",
    );
  }
  const worlds = entries(join(folder, "worlds")).filter((name) => name.endsWith(".json")).length;
  const state = worlds === 0 ? "empty: the first rehearsal fetches the contracts and builds the world" : `${worlds} built`;
  return ok("cache", `${folder} (${state})`);
}

const NEEDED = 200n * 1_048_576n;
const COMFORTABLE = 1_024n * 1_048_576n;

/** Room for journals and worlds, where the cache and the working folder are. */
export function examineDisk(env: NodeJS.ProcessEnv, folder: string): Finding {
  const rooms = [folder, existing(cacheFolder(env))].map((path) => {
    const { bavail, bsize } = statfsSync(path, { bigint: true });
    return { path, free: bavail * bsize };
  });
  const tightest = rooms.reduce((a, b) => (b.free < a.free ? b : a));
  const said = `${tightest.free / 1_048_576n} MiB free at ${tightest.path}`;
  if (tightest.free < NEEDED) return missing("disk", said, "Free some space: a journal that cannot grow stops its gateway.");
  return tightest.free < COMFORTABLE ? warn("disk", said, "Free some space before running for long.") : ok("disk", said);
}

/** Which model keys are set: their names, never their values. */
export function examineModelKeys(env: NodeJS.ProcessEnv): Finding {
  const names = new Set([...Object.keys(PROVIDERS).flatMap(keyVariables), "AGENT_LLM_API_KEY", "AGENT_LLM_BASE_URL"]);
  const set = [...names].filter((name) => (env[name] ?? "").trim() !== "").sort();
  return set.length > 0
    ? ok("model keys", set.join(", "))
    : warn(
        "model keys",
        "none set; rehearsals use the scripted model, a run needs one",
        "export ANTHROPIC_API_KEY=... (or another provider's, or AGENT_LLM_API_KEY)",
      );
}

/**
 * Whether an agent's commands can be run: bubblewrap, socat, cast, sqlite3, curl, jq and what comes with every Linux. Typed
 * tools go without.
 */
export function examineSandbox(find: () => Programs = findPrograms): Finding {
  try {
    find();
    return ok("sandbox", "bwrap, socat, cast, sqlite3, curl and jq are here");
  } catch (error) {
    const remedy =
      error instanceof MandateError && error.remedy !== undefined ? error.remedy : "Go on with typed tools alone: --no-shell.";
    return warn("sandbox", `${messageOf(error)}; an agent's commands would be refused`, remedy);
  }
}

/**
 * Whether the agent can get at the gateway's key. Rehearsals have throwaway keys; with a real one the agent's user must
 * not be able to read it.
 *
 * @param keystore - the real key's file, where there is one.
 */
export function examineSeparation(keystore: string | undefined): Finding {
  const name = "gateway apart";
  const user = process.getuid === undefined ? "this user" : `uid ${process.getuid()}`;
  if (keystore === undefined) {
    return warn(
      name,
      `the agent and its gateway run as one user (${user}): right for rehearsals; with a real key the claim does not hold, since a compromised agent process could take the key`,
      "For real money run the gateway as a user of its own, then: mandate doctor --keystore FILE",
    );
  }
  const path = resolve(keystore);
  const reach = reachOf(path);
  if (reach === "absent") return missing(name, `${path} is not there`, "Give the path of the gateway's keystore.");
  if (reach === "hidden") return ok(name, `${user} cannot read ${path}`);
  return missing(
    name,
    `${user} can read ${path}: if the agent runs as this user, the claim does not hold`,
    "sudo useradd --system mandate-gateway; sudo install -o mandate-gateway -m 600 FILE /var/lib/mandate/key.json",
  );
}

/**
 * Whether whoever has this user could give the operator's orders: approve its own requests, amend, unfreeze.
 *
 * @param file - the operator's private key, where there is one.
 */
export function examineOperator(file: string | undefined): Finding {
  const name = "operator apart";
  const user = process.getuid === undefined ? "this user" : `uid ${process.getuid()}`;
  if (file === undefined) {
    return warn(
      name,
      "where the operator's key lies is not told; an agent whose user can read it approves what it asks for itself",
      "Before going live, as the agent's user: mandate doctor --operator-key FILE",
    );
  }
  const path = resolve(file);
  const reach = reachOf(path);
  if (reach === "absent") return missing(name, `${path} is not there`, "Give the path of the operator's key.");
  if (reach === "hidden") return ok(name, `${user} cannot read ${path}`);
  return missing(
    name,
    `${user} can read ${path}: if the agent runs as this user, nothing that asks the operator holds`,
    `As the operator's own user, in a folder of theirs: chmod 600 ${path}`,
  );
}

/** Whether this user can read a file, cannot, or there is none. */
function reachOf(path: string): "readable" | "hidden" | "absent" {
  try {
    accessSync(path, constants.R_OK);
    return "readable";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" || code === "ENOTDIR" ? "absent" : "hidden";
  }
}

/** The nearest folder above a path that is there. */
function existing(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? path
    : path === dirname(path)
      ? path
      : existing(dirname(path));
}

function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
