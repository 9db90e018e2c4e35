// Writes the table of docs/deciders.md anew. Run: node scripts/launch.mjs --tool node test/loop/write-comparison.ts
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvariantError } from "../../src/core/errors.ts";
import { compared, comparisonTable } from "./support/compare-deciders.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs", "deciders.md");
const TABLE = /\| mandate \| decider \|[^\n]*\n(?:\|[^\n]*\n)+/;

const text = readFileSync(DOCS, "utf8");
const table = `${comparisonTable(await compared())}\n`;
if (!TABLE.test(text)) throw new InvariantError("docs/deciders.md has no table");
writeFileSync(DOCS, text.replace(TABLE, table));
process.stdout.write(table);
