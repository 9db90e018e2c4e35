import type { ProblemCode } from "./mandate-file-error.ts";
import type { Path } from "./read-yaml.ts";

/** Something wrong with what was read, at a path of the mandate; where that stands is worked out later. */
export interface Finding {
  readonly path: Path;
  readonly part: "key" | "value";
  readonly code: ProblemCode;
  readonly message: string;
  readonly remedy: string;
}
