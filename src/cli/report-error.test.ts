import { expect, test } from "vitest";
import { MandateError, UsageError } from "../core/errors.ts";
import { createOutput, type GlobalOptions } from "./output.ts";
import { reportError } from "./report-error.ts";

function report(thrown: unknown, options: GlobalOptions = { json: false }) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const output = createOutput(options, { stdout: stream("stdout"), stderr: stream("stderr"), stdin: {}, env: {} });
  return { code: reportError(thrown, output), ...written };
}

test("an error is its message and its remedy on stderr, and stdout stays empty", () => {
  const thrown = new UsageError("that is wrong", { remedy: "Do this." });
  expect(report(thrown)).toEqual({ code: 2, stdout: "", stderr: "error: that is wrong\nDo this.\n" });
});

test("with --json it is a document on stdout too", () => {
  const { stdout, stderr } = report(new MandateError("NO_CODE", "nothing there", { details: { at: 1 } }), { json: true });
  expect(JSON.parse(stdout)).toEqual({
    schema_version: 1,
    error: { code: "NO_CODE", message: "nothing there", details: { at: 1 } },
  });
  expect(stderr).toBe("error: nothing there\n");
});

test.each([
  ["USAGE", 2],
  ["MANDATE_FILE", 2],
  ["REFUSED", 3],
  ["NEEDS_APPROVAL", 4],
  ["STOPPED", 5],
  ["UNEXPLAINED_DECREASE", 5],
  ["JOURNAL_CORRUPT", 1],
  ["constructor", 1],
] as const)("%s ends with %i", (code, exit) => {
  expect(report(new MandateError(code, "so it is")).code).toBe(exit);
});

test("what nobody expected is said to be a bug, with its stack only where more is asked for", () => {
  const thrown = new RangeError("deep inside", { cause: new TypeError("deeper") });
  const short = report(thrown);
  expect(short.code).toBe(1);
  expect(short.stderr).toMatch(/^error: deep inside\nThis is a bug in Mandate\./);
  expect(short.stderr).not.toContain("    at ");
  const long = report(thrown, { json: false, verbose: true });
  expect(long.stderr).toMatch(/RangeError: deep inside\n +at /);
  expect(long.stderr).toContain("caused by: TypeError: deeper");
});

test("no message can steer the terminal", () => {
  const { stderr } = report(new MandateError("X", "a\u001b[2Jb\u202ec", { remedy: "d\u0007e" }));
  expect(stderr).toBe("error: a [2Jb c\nd e\n");
});
