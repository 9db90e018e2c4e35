import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { renderReference } from "../../src/cli/render-reference.ts";

test("docs/cli.md is what the commands say (mend it with: node scripts/launch.mjs --tool node scripts/generate-docs.ts)", () => {
  const file = join(import.meta.dirname, "..", "..", "docs", "cli.md");
  expect(readFileSync(file, "utf8")).toBe(renderReference(createProgram()));
});

test("every command has a summary, a description and examples that name it", () => {
  const reference = renderReference(createProgram());
  const sections = reference.split(/^## /m).slice(2);
  expect(sections.length).toBeGreaterThan(6);
  for (const section of sections) {
    const name = section.slice(0, section.indexOf("\n"));
    expect(section, name).toMatch(new RegExp(`\`\`\`sh\n${name}[\\s\\S]*\`\`\``));
  }
  for (const command of createProgram().commands) {
    expect(command.description().length, command.name()).toBeGreaterThan(command.summary().length);
    expect(command.summary(), command.name()).not.toBe("");
  }
});
