import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SANDBOX_LIMITS as LIMITS } from "./sandbox-limits.ts";

const MIB = 1024 * 1024;
const docs = readFileSync(new URL("../../../docs/sandbox.md", import.meta.url), "utf8");

test.each([
  `| time of a command | ${LIMITS.wall / 1000} s |`,
  `| processor time of a process | ${LIMITS.cpuSeconds} s |`,
  `| address space of a process | ${LIMITS.addressSpace / MIB} MiB |`,
  `| memory of all its processes | ${LIMITS.memory / MIB} MiB,`,
  `| processes and threads | ${LIMITS.processes} |`,
  `| open files of a process | ${LIMITS.openFiles} |`,
  `| size of a file | ${LIMITS.fileSize / MIB} MiB |`,
  `| the workspace | ${LIMITS.workspace / MIB} MiB and ${LIMITS.files.toLocaleString("en")} files,`,
  `| \`/tmp\` and \`/dev/shm\` | ${LIMITS.scratch / MIB} MiB and ${LIMITS.scratch / 4 / MIB} MiB |`,
  `| output | ${LIMITS.output / MIB} MiB |`,
  `| output that is kept | ${LIMITS.kept / 1024} KiB of each stream,`,
])("docs/sandbox.md says: %s", (row) => {
  expect(docs).toContain(row);
});
