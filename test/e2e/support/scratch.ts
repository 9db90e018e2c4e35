import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch extends Disposable {
  readonly folder: string;
}

/** A folder that is gone at the end of the scope. */
export function scratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), "mandate-e2e-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
