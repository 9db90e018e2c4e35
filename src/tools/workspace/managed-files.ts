import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AGENT_UID } from "../sandbox/bwrap-arguments.ts";

/**
 * Files of a workspace that the host writes and reads while an agent owns everything around them. Nothing of the agent's
 * runs meanwhile; what it left behind may be anything. A link is never followed: what stands in the way is replaced.
 */
export class ManagedFiles {
  readonly #folder: string;
  readonly #root: boolean;

  /** @param root - whether folders have to be handed to the commands' own user. */
  constructor(folder: string, root = process.getuid?.() === 0) {
    this.#folder = folder;
    this.#root = root;
  }

  write(path: string, text: string | Uint8Array, mode = 0o644): void {
    const target = this.#make(path);
    const fresh = `${target}.new`;
    rmSync(fresh, { recursive: true, force: true });
    writeFileSync(fresh, text, { flag: "wx", mode });
    chmodSync(fresh, mode);
    if (kindOf(target)?.isDirectory() === true) rmSync(target, { recursive: true });
    renameSync(fresh, target);
  }

  /** A file that is the agent's from then on. Nothing happens where there is one. */
  give(path: string, text: Uint8Array): void {
    const target = this.#make(path);
    if (kindOf(target)?.isFile() === true) return;
    this.write(path, text, 0o600);
    this.#hand(target);
  }

  link(path: string, to: string): void {
    const target = this.#make(path);
    rmSync(target, { recursive: true, force: true });
    symlinkSync(to, target);
  }

  remove(path: string): void {
    const target = this.#inReal(path);
    if (target !== null) rmSync(target, { recursive: true, force: true });
  }

  /** A file's text, cut at `most` bytes. Null: there is no such file, or it is something else. */
  read(path: string, most: number): string | null {
    const target = this.#inReal(path);
    if (target === null || kindOf(target)?.isFile() !== true) return null;
    const fd = openSync(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(Math.min(most, fstatSync(fd).size));
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString("utf8");
    } finally {
      closeSync(fd);
    }
  }

  /** Whether there is a real folder. */
  isFolder(path: string): boolean {
    const target = this.#inReal(path);
    return target !== null && kindOf(target)?.isDirectory() === true;
  }

  /** The path, with every folder above it really there. */
  #make(path: string): string {
    const [above, target] = [dirname(path), join(this.#folder, path)];
    if (above === ".") return target;
    const folder = this.#make(above);
    if (kindOf(folder)?.isDirectory() === true) return target;
    rmSync(folder, { force: true });
    mkdirSync(folder, { mode: 0o755 });
    this.#hand(folder);
    return target;
  }

  /** The path, or null where a part of the way to it is no real folder. */
  #inReal(path: string): string | null {
    const above = dirname(path);
    if (above !== "." && !this.isFolder(above)) return null;
    return join(this.#folder, path);
  }

  #hand(path: string): void {
    if (this.#root) chownSync(path, AGENT_UID, AGENT_UID);
  }
}

function kindOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
