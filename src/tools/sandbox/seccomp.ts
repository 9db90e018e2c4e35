import { SandboxError } from "./sandbox-error.ts";

interface Cpu {
  /** AUDIT_ARCH of linux/audit.h. */
  readonly audit: number;
  readonly ioctl: number;
  readonly socket: number;
  /** Where numbers of another binary interface of the same processor begin. */
  readonly foreign?: number;
  readonly denied: readonly number[];
}

/** Numbers that every processor shares: io_uring, the newer mounting calls, pidfd_getfd, memfd_secret. */
const COMMON = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 447];

/**
 * What no command has a use for, and what reaches past the namespaces or the limits: tracing and reading other processes,
 * the kernel's keyrings, programs for the kernel, mounting and namespaces, memory that no limit counts (memfd, System V),
 * setting clocks, loading modules.
 */
const CPUS: Readonly<Record<string, Cpu>> = {
  x64: {
    ...{ audit: 0xc000003e, ioctl: 16, socket: 41, foreign: 0x40000000 },
    denied: [
      ...numbers("101 310 311 312 248 249 250 321 298 323 246 320 175 176 313 165 166 155 161 272 308 303 304"),
      ...numbers("319 29 30 64 68 240 167 168 169 170 171 172 173 163 179 103 164 227 305 159 278 237 238 256 279 300"),
      ...COMMON,
    ],
  },
  arm64: {
    ...{ audit: 0xc00000b7, ioctl: 29, socket: 198 },
    denied: [
      ...numbers("117 270 271 272 217 218 219 280 241 282 104 294 105 106 273 40 39 41 51 97 268 264 265"),
      ...numbers("279 194 196 190 186 180 224 225 142 161 162 89 60 116 170 112 266 171 75 235 237 238 239 262"),
      ...COMMON,
    ],
  },
};

function numbers(text: string): readonly number[] {
  return text.split(" ").map(Number);
}

/** Unix and internet sockets. Others are not bound to a network namespace (vsock), or talk to the kernel. */
const FAMILIES = [1, 2, 10];
/** TIOCSTI and TIOCLINUX: they type into a terminal. */
const TYPING = [0x5412, 0x541c];

const [LOAD, EQUAL, AT_LEAST, RETURN] = [0x20, 0x15, 0x35, 0x06];
const [ALLOW, KILL, REFUSE] = [0x7fff0000, 0x80000000, 0x00050000];
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];
/** Offsets in struct seccomp_data; of arguments the lower half, both processors being little-endian. */
const [NUMBER, ARCHITECTURE, FIRST, SECOND] = [0, 4, 16, 24];

type Step = readonly [code: number, ifTrue: number, ifFalse: number, k: number];

/** A filter of system calls as the kernel reads it (struct sock_filter). @throws {SandboxError} for another processor. */
export function seccompFilter(cpu: string = process.arch): Buffer {
  const known = CPUS[cpu];
  if (!known) {
    throw new SandboxError("SANDBOX_UNSUPPORTED", `there is no filter of system calls for ${cpu}`, {
      remedy: "Go on with typed tools alone: shell: off in the mandate, or --no-shell.",
    });
  }
  const { audit, ioctl, socket, foreign, denied } = known;
  const refuse = (errno: number): Step => [RETURN, 0, 0, REFUSE + errno];
  const steps: readonly Step[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [EQUAL, 1, 0, audit],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER],
    ...(foreign === undefined ? [] : ([[AT_LEAST, 0, 1, foreign], refuse(ENOSYS)] as const)),
    ...denied.flatMap((number): readonly Step[] => [[EQUAL, 0, 1, number], refuse(EPERM)]),
    [EQUAL, 0, FAMILIES.length + 2, socket],
    [LOAD, 0, 0, FIRST],
    ...FAMILIES.map((family, i): Step => [EQUAL, FAMILIES.length - i + TYPING.length + 2, 0, family]),
    refuse(EAFNOSUPPORT),
    [EQUAL, 0, TYPING.length + 1, ioctl],
    [LOAD, 0, 0, SECOND],
    ...TYPING.map((request, i): Step => [EQUAL, TYPING.length - i, 0, request]),
    [RETURN, 0, 0, ALLOW],
    refuse(EPERM),
  ];
  const bytes = Buffer.alloc(steps.length * 8);
  for (const [i, [code, ifTrue, ifFalse, k]] of steps.entries()) {
    bytes.writeUInt16LE(code, i * 8);
    bytes.writeUInt8(ifTrue, i * 8 + 2);
    bytes.writeUInt8(ifFalse, i * 8 + 3);
    bytes.writeUInt32LE(k, i * 8 + 4);
  }
  return bytes;
}
