import fc from "fast-check";
import { expect, test } from "vitest";
import { MandateFileError } from "./mandate-file-error.ts";
import { parseMandate } from "./parse-mandate.ts";
import { SAMPLE, WORLD_WALLET } from "./testing/sample-mandate.ts";

/** Reads it; anything but a mandate or a MandateFileError with places and remedies fails the test. */
function readOrRefuse(text: string): void {
  try {
    parseMandate(text, { file: "MANDATE.md", worldWallet: WORLD_WALLET });
  } catch (error) {
    expect(error).toBeInstanceOf(MandateFileError);
    if (!(error instanceof MandateFileError)) return;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column, remedy } of error.problems) {
      expect(line).toBeGreaterThan(0);
      expect(column).toBeGreaterThan(0);
      expect(remedy).not.toBe("");
    }
  }
}

const word = fc.oneof(
  fc.constantFrom("id", "limits", "networks", "network", "model", "chains", "feeds", "~", "unlimited", "<<", "__proto__", "1e3"),
  fc.string({ maxLength: 8 }),
);
const nested = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    word,
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(word, tie("node"), { maxKeys: 4 }),
  ),
})).node;

test("no frontmatter, however odd, ends in anything but a mandate or a MandateFileError", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (yaml) => readOrRefuse(`---\n${yaml}\n---\nprose\n`)),
    { numRuns: 300 },
  );
});

test("no nesting of maps, lists and words ends in anything but a mandate or a MandateFileError", () => {
  fc.assert(
    fc.property(nested, (value) => readOrRefuse(`---\n${JSON.stringify(value)}\n---\nprose\n`)),
    { numRuns: 500 },
  );
});

test("no value put for any line of a right mandate ends in anything but a mandate or a MandateFileError", () => {
  const lines = SAMPLE.split("\n");
  fc.assert(
    fc.property(
      fc.nat(lines.length - 1),
      fc.oneof(
        word,
        nested.map((value) => JSON.stringify(value)),
      ),
      (at, value) => {
        const changed = lines.map((line, i) => (i === at ? line.replace(/:.*$/, `: ${value}`) : line));
        readOrRefuse(changed.join("\n"));
      },
    ),
    { numRuns: 500 },
  );
});

test("no line taken out or moved ends in anything but a mandate or a MandateFileError", () => {
  const lines = SAMPLE.split("\n");
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.nat(lines.length - 1), (from, to) => {
      const rest = lines.filter((_line, i) => i !== from);
      readOrRefuse(rest.join("\n"));
      readOrRefuse([...rest.slice(0, to), lines[from] ?? "", ...rest.slice(to)].join("\n"));
    }),
    { numRuns: 200 },
  );
});

test("ten thousand brackets are refused, not recursed into", () => {
  readOrRefuse(`---\na: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n---\nprose\n`);
  readOrRefuse(`---\na: ${"{b: ".repeat(2_000)}c${"}".repeat(2_000)}\n---\nprose\n`);
});
