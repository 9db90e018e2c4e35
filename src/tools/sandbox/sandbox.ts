import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { AGENT_UID, bwrapArguments, DOOR_URL, INSIDE } from "./bwrap-arguments.ts";
import { openDoor, type RpcAddress } from "./door.ts";
import { fetchHosts } from "./fetch-hosts.ts";
import { type FetchNetwork, FetchProxy } from "./fetch-proxy.ts";
import { findPrograms } from "./find-programs.ts";
import { type CommandRan, runCommand, runOnTerminal } from "./run-command.ts";
import { SandboxError } from "./sandbox-error.ts";
import { SANDBOX_LIMITS, type SandboxLimits } from "./sandbox-limits.ts";
import { seccompFilter } from "./seccomp.ts";
import { standInEtc } from "./stand-in-etc.ts";
import { folderUsage } from "./usage.ts";

export interface SandboxParameters {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  /** The agent's folder: all of the host that it may write. Made where it is not there. */
  readonly workspace: string;
  /** The gateway's JSON-RPC, by chain. */
  readonly chains: Readonly<Record<string, RpcAddress>>;
  readonly token?: string;
  /** Whose minutes the fetch proxy counts: the machine's. */
  readonly clock: Pick<Clock, "now">;
  readonly limits?: Partial<SandboxLimits>;
  readonly network?: FetchNetwork;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Milliseconds, at most the limit. */
  readonly wall?: number;
  readonly signal?: AbortSignal;
}

/** A place where an agent's commands run, and which nothing but its gateway can be reached from. */
export interface Sandbox {
  readonly workspace: string;
  readonly limits: SandboxLimits;
  /** Runs a program with its arguments. One at a time; each has a /tmp and processes of its own. */
  run(command: readonly [string, ...string[]], options?: RunOptions): Promise<CommandRan>;
  /** Runs it on this process' terminal; its exit code. Time and processor time are not limited. */
  attach(command: readonly [string, ...string[]], signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens a sandbox over a workspace, and shows that it works by running something in it.
 *
 * @throws {SandboxError} where the mandate, the machine or its settings do not allow one: nothing then runs at all.
 */
export async function openSandbox(parameters: SandboxParameters): Promise<Sandbox> {
  const { mandate, chains, token, clock, network } = parameters;
  if (mandate.brief.shell === "off") {
    throw new SandboxError("SHELL_OFF", "the mandate says shell: off", { remedy: "Use the typed tools." });
  }
  const programs = findPrograms();
  const filterBytes = seccompFilter();
  const hosts = fetchHosts(mandate);
  const root = process.getuid?.() === 0;
  const workspace = ownFolder(parameters.workspace, root);
  const limits = { ...SANDBOX_LIMITS, ...parameters.limits };
  const run = mkdtempSync(join(tmpdir(), "mandate-sandbox-"));
  const filter = join(run, "filter");
  const stamp = join(run, "door", "stamp");
  const door = await furnish(run, filterBytes, () =>
    openDoor({
      ...{ socket: join(run, "door", "socket"), chains, root },
      fetch: new FetchProxy({ hosts, clock, ...(network ? { network } : {}) }),
      ...(token === undefined ? {} : { token }),
    }),
  );
  const env = environment(mandate, Object.keys(chains));
  const argsOf = (command: readonly string[], within: SandboxLimits, terminal = false) =>
    bwrapArguments({ ...programs, workspace, run, root, env, limits: within, terminal, command });
  const once = (command: readonly string[], { wall = limits.wall, ...options }: RunOptions) => {
    const within = { ...limits, wall: Math.min(wall, limits.wall) };
    return runCommand({ ...options, program: programs.bwrap, args: argsOf(command, within), filter, workspace, limits: within });
  };
  /** It works on a workspace that is too full. */
  const tidy = (command: readonly string[]) => {
    const within = { ...limits, workspace: Number.POSITIVE_INFINITY, files: Number.POSITIVE_INFINITY };
    return runCommand({ program: programs.bwrap, args: argsOf(command, within), filter, workspace, limits: within });
  };
  const attempt = async (command: readonly string[], options: RunOptions): Promise<CommandRan> => {
    writeFileSync(stamp, "");
    const ran = await once(command, options);
    const { bytes, files } = await folderUsage(workspace, { bytes: limits.workspace, files: limits.files });
    if (bytes <= limits.workspace && files <= limits.files) return ran;
    await tidy(["bash", "-c", REMOVE_CHANGED]);
    return { ...ran, exit: null, ended: "workspace" };
  };
  let last: Promise<unknown> = Promise.resolve();
  const sandbox: Sandbox = {
    workspace,
    limits,
    run(command, options = {}) {
      const result = last.then(() => attempt(command, options));
      last = result.then(
        () => undefined,
        () => undefined,
      );
      return result;
    },
    attach(command, signal) {
      const within = {
        ...limits,
        cpuSeconds: 24 * 3600,
        addressSpace: 64 * limits.addressSpace,
        memory: 4 * limits.memory,
        processes: 256,
      };
      const args = argsOf(command, within, true);
      return runOnTerminal({ program: programs.bwrap, args, filter, workspace, limits: within, ...(signal ? { signal } : {}) });
    },
    async close() {
      await last;
      await door.close();
      rmSync(run, { recursive: true, force: true });
    },
  };
  await proveIt(sandbox);
  return sandbox;
}

/** Opens every folder, and removes what was changed since the stamp. */
const REMOVE_CHANGED = [
  `find ${INSIDE} -type d ! -perm -700 -exec chmod u+rwx {} ";"`,
  `find ${INSIDE} -mindepth 1 -depth -newercm /run/mandate/door/stamp -delete`,
].join("; ");

/** What the sandbox needs outside of the workspace, in a folder that only its parent may enter. */
async function furnish<T>(run: string, filter: Buffer, open: () => Promise<T>): Promise<T> {
  try {
    mkdirSync(join(run, "etc"));
    mkdirSync(join(run, "door"));
    chmodSync(join(run, "door"), 0o755);
    for (const [name, text] of Object.entries(standInEtc())) {
      writeFileSync(join(run, "etc", name), text);
      chmodSync(join(run, "etc", name), 0o644);
    }
    writeFileSync(join(run, "filter"), filter);
    return await open();
  } catch (error) {
    rmSync(run, { recursive: true, force: true });
    throw error;
  }
}

async function proveIt(sandbox: Sandbox): Promise<void> {
  let said = "";
  try {
    const { exit, stdout, stderr } = await sandbox.run(["id", "-u"]);
    if (exit === 0 && stdout.trim() === String(AGENT_UID)) return;
    said = stderr.trim().slice(0, 300);
  } catch (error) {
    said = error instanceof Error ? error.message : String(error);
  }
  await sandbox.close();
  throw new SandboxError("SANDBOX_FORBIDDEN", `bubblewrap cannot make a sandbox here: ${said || "it says nothing"}`, {
    remedy:
      "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or go on with typed tools alone: shell: off in the mandate, or --no-shell.",
  });
}

/** All that a command knows of the world from its environment. */
function environment({ terms }: Pick<Mandate, "terms">, chains: readonly string[]): Readonly<Record<string, string>> {
  const [first] = chains;
  return {
    ...{ PATH: "/usr/bin:/opt/bin", HOME: INSIDE, TMPDIR: "/tmp", LANG: "C.UTF-8", USER: "agent" },
    ...{ NO_COLOR: "1", FOUNDRY_DISABLE_NIGHTLY_WARNING: "1", MANDATE_GATEWAY: DOOR_URL, SSL_CERT_FILE: "/etc/ca.pem" },
    ...(terms.accounts.wallet === undefined ? {} : { ETH_FROM: terms.accounts.wallet }),
    ...(first === undefined ? {} : { ETH_RPC_URL: `${DOOR_URL}/rpc/${encodeURIComponent(first)}` }),
  };
}

/** The workspace as a folder that is really there and that the commands' user may write. @throws {SandboxError} */
function ownFolder(path: string, root: boolean): string {
  const folder = resolve(path);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (!lstatSync(folder).isDirectory()) {
    throw new SandboxError("WORKSPACE_UNUSABLE", `${folder} is no folder`, { remedy: "Give a folder of its own, not a link." });
  }
  if (root) chownSync(folder, AGENT_UID, AGENT_UID);
  return folder;
}
