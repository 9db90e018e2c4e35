import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { DEFAULTS, FINITE_LIMITS, LIMIT_NAMES } from "../src/mandate/limits-schema.ts";
import { FRONTMATTER_KEYS } from "../src/mandate/mandate-schema.ts";
import { NETWORK_KEYS, networkSchema } from "../src/mandate/network-schema.ts";
import { readYaml } from "../src/mandate/read-yaml.ts";
import { SourceText } from "../src/mandate/source-text.ts";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
const limits = read("limits.md");
const file = read("mandate-file.md");

/** The cells of the table row that starts with a limit's name. */
function row(name: string): readonly string[] {
  const line = limits.split("\n").find((text) => text.startsWith(`| \`${name}\` |`)) ?? "";
  return line.split("|").map((cell) => cell.trim());
}

test.each(LIMIT_NAMES)("docs/limits.md has a row and a section for %s", (name) => {
  expect(row(name)).toHaveLength(7);
  const headings = limits.split("\n").filter((line) => line.startsWith("### "));
  expect(headings.some((heading) => heading.includes(`\`${name}\``))).toBe(true);
});

test("docs/limits.md has no row for a limit that there is not", () => {
  const rows = [...limits.matchAll(/^\| `(\w+)` \| (?!.*bound)/gm)].map(([, name]) => name);
  expect(
    rows.filter((name) => !LIMIT_NAMES.some((limit) => limit === name) && !["D", "E", "I", "R", "W"].includes(name ?? "")),
  ).toEqual([]);
});

test.each(Object.entries(DEFAULTS))("docs/limits.md gives the default of %s", (name, value) => {
  expect(row(name)[3]?.split(" ")[0]).toBe(value);
});

test.each(LIMIT_NAMES)("docs/limits.md says whether %s must be a number with a real key", (name) => {
  expect(row(name)[5] === "yes").toBe(FINITE_LIMITS.some((limit) => limit === name));
});

const keys = Object.entries({ ...FRONTMATTER_KEYS, ...NETWORK_KEYS }).flatMap(([where, names]) =>
  names.map((name) => [name, where]),
);

test.each(keys)("docs/mandate-file.md explains the key %s of %s", (name) => {
  expect(file).toMatch(new RegExp(`\`(?:\\{[^\`]*\\b)?${name}\\b`));
});

test("the network that the documents show is one that is read", () => {
  const yaml = [...file.matchAll(/```yaml\n(networks:[\s\S]*?)```/g)][0]?.[1] ?? "";
  const wallet = "0x00000000000000000000000000000000000bbbbb";
  const source = new SourceText("docs", yaml.replace("0x…", wallet));
  expect(Object.keys(parse(source.text))).toEqual(["networks"]);
  const shown = readYaml(source, { start: 0, end: source.text.length });
  const network = networkSchema.parse(shown.at(["networks", "base"]));
  expect(network.wallet).toBe(wallet);
  expect(network.chains.base?.id).toBe(8453);
});
