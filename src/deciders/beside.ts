import { resolve } from "node:path";
import { UsageError } from "../core/errors.ts";

/**
 * A path that a mandate names, relative to its folder.
 *
 * @throws {UsageError} when the mandate has no place on a disk.
 */
export function beside(path: string, folder: string | undefined): string {
  if (folder !== undefined) return resolve(folder, path);
  throw new UsageError(`${path} is beside a mandate that is no file`, { remedy: "Read the mandate from its file." });
}
