import { SECOND } from "../../core/clock.ts";

const MIB = 1024 * 1024;

/** What one command may use. docs/sandbox.md has the same figures; a test holds them to these. */
export interface SandboxLimits {
  /** Milliseconds from start to end. */
  readonly wall: number;
  /** Seconds of processor time of one process. */
  readonly cpuSeconds: number;
  /** Bytes of address space of one process. */
  readonly addressSpace: number;
  /** Bytes of memory of all its processes together, looked at ten times a second. */
  readonly memory: number;
  readonly processes: number;
  readonly openFiles: number;
  /** Bytes of one file. */
  readonly fileSize: number;
  /** Bytes of the workspace, looked at ten times a second. */
  readonly workspace: number;
  /** Files and folders of the workspace. */
  readonly files: number;
  /** Bytes of /tmp, and a quarter of it for /dev/shm. */
  readonly scratch: number;
  /** Bytes of standard output and standard error, together, past which it is ended. */
  readonly output: number;
  /** Bytes of each of them that are kept: half from the beginning, half from the end. */
  readonly kept: number;
}

export const SANDBOX_LIMITS: SandboxLimits = {
  wall: 60 * SECOND,
  cpuSeconds: 30,
  addressSpace: 1024 * MIB,
  memory: 512 * MIB,
  processes: 48,
  openFiles: 128,
  fileSize: 64 * MIB,
  workspace: 256 * MIB,
  files: 20_000,
  scratch: 64 * MIB,
  output: 4 * MIB,
  kept: 16 * 1024,
};
