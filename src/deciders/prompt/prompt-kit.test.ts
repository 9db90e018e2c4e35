import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { PromptTerms } from "../../mandate/terms.ts";
import { FileProblemsError } from "../file-problems.ts";
import { openPromptKit, type PromptTexts } from "./prompt-kit.ts";
import { PROMPT_VARIABLES } from "./variables.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-prompts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each variable's text is its name in brackets. */
const NAMES = Object.fromEntries(Object.keys(PROMPT_VARIABLES).map((name) => [name, `[${name}]`])) as PromptTexts;

function open(template: string, more: Partial<PromptTerms> = {}, files: Readonly<Record<string, string>> = {}) {
  writeFileSync(join(folder, "template.md"), template);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return openPromptKit({ template: "./template.md", variables: {}, partials: {}, ...more }, folder);
}

function problemsOf(make: () => unknown) {
  try {
    make();
  } catch (error) {
    if (error instanceof FileProblemsError) return error.problems;
    throw error;
  }
  return [];
}

test.each(["default", "governance", "conservative"])("the template %s that comes with the package is right", (template) => {
  const kit = openPromptKit({ template, variables: {}, partials: {} });
  expect(kit.stable(NAMES)).toContain("[prose]");
  expect(kit.stable(NAMES)).toContain("[answer]");
  expect(kit.now(NAMES)).toContain("[observation]");
  expect(`${kit.stable(NAMES)}${kit.now(NAMES)}`).not.toMatch(/\{\{|<!--/);
});

test("what stands above the line is the stable part, what stands below it that of the moment; single braces are text", () => {
  const kit = open('{{prose}} { "a": {} } {{! a remark }}\n<!-- now -->\nIt is {{timestamp}}, {{prose}}.');
  expect(kit.stable(NAMES).trim()).toBe('[prose] { "a": {} }');
  expect(kit.now(NAMES)).toBe("It is [timestamp], [prose].");
});

test.each<[string, string, number, number, RegExp]>([
  ["a misspelt variable", "{{prose}}\n\nYou have {{portfolio_valu}}.\n<!-- now -->\n", 3, 10, /portfolio_valu|variables here/],
  ["a misspelt variable below the line", "{{prose}}\n<!-- now -->\n{{timestmp}}", 3, 1, /did you mean timestamp/],
  ["an unknown partial", "{{> house}}\n<!-- now -->\n", 1, 1, /partials here: none/],
  ["a variable of the moment in the stable part", "{{positions}}\n<!-- now -->\n", 1, 1, /below the line/],
  ["no line between its parts", "{{prose}}", 1, 1, /<!-- now -->/],
])("a template with %s is refused with line, column and what to write", (_, template, line, column, remedy) => {
  const [problem] = problemsOf(() => open(template));
  expect(problem).toMatchObject({ line, column });
  expect(problem?.remedy).toMatch(remedy);
});

test("variables and partials of the user's own are put in, and a partial may use both", () => {
  const kit = open(
    "{{desk}}: {{> rules}}\n<!-- now -->\n{{> state}}",
    { variables: { desk: "Desk A" }, partials: { rules: "./rules.md", state: "./state.md" } },
    { "rules.md": "at {{desk}} we keep {{cash}}\n", "state.md": "now {{portfolio_value}}\n" },
  );
  expect(kit.stable(NAMES)).toBe("Desk A: at Desk A we keep [cash]\n".trim());
  expect(kit.now(NAMES)).toBe("now [portfolio_value]");
});

test("a partial in the stable part may not use what is of the moment", () => {
  const make = () =>
    open("{{> rules}}\n<!-- now -->\n", { partials: { rules: "./rules.md" } }, { "rules.md": "\n{{timestamp}}" });
  expect(problemsOf(make)).toMatchObject([{ file: join(folder, "rules.md"), line: 2 }]);
});

test("how a position is written out is a partial, with variables of its own and no others", () => {
  const partials = { position: "./position.md" };
  const kit = open("a\n<!-- now -->\nb", { partials }, { "position.md": "{{asset}} = {{value_usd}}" });
  expect(kit.item("position", { asset: "x/BTC:perp", value_usd: "12.00" })).toBe("x/BTC:perp = 12.00");
  expect(problemsOf(() => open("a\n<!-- now -->\nb", { partials }, { "position.md": "{{asset}} {{prose}}" }))).toMatchObject([
    { code: "UNKNOWN_KEY", line: 1, column: 11 },
  ]);
});

test("text that is put in is not read as a template again", () => {
  const kit = open("{{prose}}\n<!-- now -->\n");
  expect(kit.stable({ ...NAMES, prose: "{{timestamp}} {{> rules}}" })).toBe("{{timestamp}} {{> rules}}");
});

test("a variable of the user's own may not take the name of one that there is", () => {
  expect(() => open("a\n<!-- now -->\nb", { variables: { cash: "x" } })).toThrow(/cash is a variable already/);
});
