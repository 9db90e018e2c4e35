// Writes the parts of docs/ that are made from the code. Run it after a change of a command.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createProgram } from "../src/cli/program.ts";
import { renderReference } from "../src/cli/render-reference.ts";

writeFileSync(join(import.meta.dirname, "..", "docs", "cli.md"), renderReference(createProgram()));
