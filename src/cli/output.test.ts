import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { createOutput, type GlobalOptions } from "./output.ts";

function opened(options: GlobalOptions, { tty, env = {} }: { readonly tty: boolean; readonly env?: NodeJS.ProcessEnv }) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    isTTY: tty,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const output = createOutput(options, { stdout: stream("stdout"), stderr: stream("stderr"), stdin: { isTTY: tty }, env });
  return { output, written };
}

test("a terminal gets text, anything else JSON, and the flags decide before either", () => {
  const json = (options: GlobalOptions, tty: boolean) => opened(options, { tty }).output.json;
  expect([json({}, true), json({}, false)]).toEqual([false, true]);
  expect([json({ json: true }, true), json({ json: false }, false)]).toEqual([true, false]);
});

test("a document is one line with schema_version, and amounts in it are text", () => {
  const { output, written } = opened({ json: true }, { tty: false });
  output.document({ value: decimal("0.10"), units: 12n }, () => "never");
  expect(written).toEqual({ stdout: '{"schema_version":1,"value":"0.1","units":"12"}\n', stderr: "" });
});

test("a stream is one document a line, and a text that is empty writes none", () => {
  const { output, written } = opened({}, { tty: true });
  output.record({ n: 1 }, () => "one");
  output.record({ n: 2 }, () => "");
  expect(written.stdout).toBe("one\n");
});

test("only a terminal is asked, and never where a program reads along", () => {
  const interactive = (options: GlobalOptions, tty: boolean) => opened(options, { tty }).output.interactive;
  expect([interactive({}, true), interactive({}, false), interactive({ json: true }, true)]).toEqual([true, false, false]);
});

test("colours need a terminal, and NO_COLOR, --no-color and a dumb terminal take them away", () => {
  const coloured = (options: GlobalOptions, tty: boolean, env: NodeJS.ProcessEnv = {}) =>
    opened(options, { tty, env }).output.style("red", "x") !== "x";
  expect(coloured({}, true)).toBe(true);
  expect(coloured({}, false)).toBe(false);
  expect(coloured({ color: false }, true)).toBe(false);
  expect(coloured({}, true, { NO_COLOR: "1" })).toBe(false);
  expect(coloured({}, true, { TERM: "dumb" })).toBe(false);
});

test("progress is silent where nobody watches, and plain lines with --verbose", async () => {
  const silent = opened({}, { tty: false });
  expect(await silent.output.progress("counting", async () => 42)).toBe(42);
  expect(silent.written).toEqual({ stdout: "", stderr: "" });
  const verbose = opened({ verbose: true }, { tty: false });
  await verbose.output.progress("counting", async (step) => step("to ten"));
  expect(verbose.written).toEqual({ stdout: "", stderr: "counting ...\ncounting: to ten ...\n" });
});
