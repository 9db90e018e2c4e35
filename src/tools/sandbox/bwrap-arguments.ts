import type { SandboxLimits } from "./sandbox-limits.ts";

/** The user that commands run as. Nobody else's on any usual machine. */
export const AGENT_UID = 60606;
/** Where the agent's files are inside. */
export const INSIDE = "/workspace";
/** Where the one way out is, inside: HTTP, for the chain and for fetching. */
export const DOOR_PORT = 8545;
export const DOOR_URL = `http://127.0.0.1:${DOOR_PORT}`;
/** File descriptor of the filter of system calls. */
const FILTER_FD = "3";

export interface BwrapParameters {
  readonly bwrap: string;
  readonly cast: string;
  /** Absolute path of the agent's folder. */
  readonly workspace: string;
  /** Folder with the door's socket, and with what stands in for /etc. */
  readonly run: string;
  /** Whether the caller is root: commands then get a user of their own. */
  readonly root: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  /** A terminal is handed on. The filter keeps it from being typed into. */
  readonly terminal?: boolean;
  readonly command: readonly string[];
}

/**
 * The command line of a sandbox, without the program itself.
 *
 * Two sandboxes, one in the other. The outer shows the few files that there are, which may take a privilege to reach. The
 * inner is made by the user that commands run as: with namespaces of its own for everything, no capability, and no way
 * to make another namespace.
 */
export function bwrapArguments(parameters: BwrapParameters): readonly string[] {
  const { bwrap, root, limits, env, terminal = false, command } = parameters;
  const outer = [
    ...["--die-with-parent", "--unshare-pid"],
    ...(root ? [] : ["--unshare-user"]),
    ...filesystem(parameters),
    ...["--bind", "/proc", "/proc", "--dev", "/dev", "--clearenv", "--setenv", "PATH", "/usr/bin", "--cap-drop", "ALL"],
    ...(root ? ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"] : []),
    "--",
    ...(root ? setpriv() : []),
  ];
  const inner = [
    ...["--die-with-parent", "--unshare-all", "--unshare-user", "--disable-userns"],
    ...["--uid", String(AGENT_UID), "--gid", String(AGENT_UID), "--hostname", "agent"],
    ...(terminal ? [] : ["--new-session"]),
    ...["--ro-bind", "/", "/", "--bind", INSIDE, INSIDE, "--proc", "/proc", "--dev", "/dev"],
    ...["--size", String(Math.floor(limits.scratch / 4)), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ...["--size", String(limits.scratch), "--perms", "1777", "--tmpfs", "/tmp"],
    ...["--cap-drop", "ALL", "--seccomp", FILTER_FD, "--chdir", INSIDE],
    ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
    "--",
  ];
  return [...outer, bwrap, ...inner, ...limited(limits), "bash", "--norc", "-c", START, "start", ...command];
}

/** Programs of the host, the workspace and the door. Nothing else of the host has a name inside. */
function filesystem({ workspace, run, cast }: BwrapParameters): readonly string[] {
  const shown = (path: string) => ["--ro-bind-try", path, path];
  return [
    ...["--dir", "/usr", ...["/usr/bin", "/usr/lib", "/usr/lib64"].flatMap(shown)],
    ...["--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"],
    ...["--dir", "/etc", ...["/etc/alternatives", "/etc/ld.so.cache"].flatMap(shown)],
    ...["passwd", "group", "hosts", "nsswitch.conf", "ca.pem"].flatMap((name) => [
      "--ro-bind",
      `${run}/etc/${name}`,
      `/etc/${name}`,
    ]),
    ...["--dir", "/opt", "--dir", "/opt/bin", "--ro-bind", cast, "/opt/bin/cast", "--dir", "/tmp", "--dir", "/run"],
    ...["--dir", "/run/mandate", "--ro-bind", `${run}/door`, "/run/mandate/door", "--bind", workspace, INSIDE],
  ];
}

/**
 * The signal is asked for anew because a change of user forgets it: nothing may outlive its parent. The outer namespace of
 * processes ends them too, for a parent that has given up its privileges may not signal another user's.
 */
function setpriv(): readonly string[] {
  const id = String(AGENT_UID);
  return [
    "setpriv",
    "--reuid",
    id,
    "--regid",
    id,
    "--clear-groups",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--pdeathsig",
    "KILL",
  ];
}

/** Limits are set inside, where processes are counted for this sandbox alone. The kernel is told whom to end first. */
function limited({ cpuSeconds, addressSpace, processes, openFiles, fileSize }: SandboxLimits): readonly string[] {
  return [
    ...["choom", "-n", "1000", "--", "prlimit", `--cpu=${cpuSeconds}`, `--as=${addressSpace}`, `--nproc=${processes}`],
    ...[`--nofile=${openFiles}`, `--fsize=${fileSize}`, "--core=0", "--"],
  ];
}

/** Opens the door as a port, waits until it listens, and becomes the command. 0A is the state "listening". */
const START = [
  `socat TCP-LISTEN:${DOOR_PORT},bind=127.0.0.1,reuseaddr,fork,max-children=12,backlog=64 UNIX-CONNECT:/run/mandate/door/socket </dev/null >/dev/null 2>&1 &`,
  `until grep -q ':${DOOR_PORT.toString(16).toUpperCase()} 00000000:0000 0A' /proc/net/tcp; do kill -0 $! || exit 125; done`,
  'exec "$@"',
].join("\n");
