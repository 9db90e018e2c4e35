import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/support/closing-line.ts";
import { LongestFirst } from "./test/support/longest-first.ts";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    maxWorkers: 2,
    // A worker goes from file to file and keeps what it has imported: most of what starting anew would take, 374 times over.
    isolate: false,
    unstubEnvs: true,
    sequence: { sequencer: LongestFirst },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    globalSetup: ["./test/support/prepare.ts"],
    reporters: ["default", new ClosingLine()],
  },
});
