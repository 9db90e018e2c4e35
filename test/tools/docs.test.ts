import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVM_TOOLS } from "../../src/tools/evm/evm-tools.ts";
import { HYPERLIQUID_TOOLS } from "../../src/tools/hyperliquid/hyperliquid-tools.ts";
import { categoryOf, type ToolErrorCode } from "../../src/tools/tool-error.ts";

const text = readFileSync(new URL("../../docs/tools.md", import.meta.url), "utf8");

test("docs/tools.md has every tool with its risk and its arguments, and no other", () => {
  const told = [...text.matchAll(/^\| `(\w+)` \| (read|plan|state|write) \| (.*) \|$/gm)].map(([, name, risk, args = ""]) => [
    name,
    risk,
    [...args.matchAll(/`(\w+)`/g)].map(([, arg]) => arg),
  ]);
  const row = ({ name, risk, input }: (typeof EVM_TOOLS)[number] | (typeof HYPERLIQUID_TOOLS)[number]) => [
    name,
    risk,
    Object.keys(input.shape).filter((key) => key !== "dry_run"),
  ];
  const named = new Set(EVM_TOOLS.map(({ name }) => name));
  const own = HYPERLIQUID_TOOLS.filter(({ name }) => !named.has(name) || name === "get_price");
  expect(told).toEqual([...EVM_TOOLS.map(row), ...own.map(row)]);
  for (const { name } of HYPERLIQUID_TOOLS) expect(text).toContain(`\`${name}\``);
});

test("docs/tools.md has every error code, and no other", () => {
  const line = /Error codes: ([^.]*)\./.exec(text)?.[1] ?? "";
  const codes = [...line.matchAll(/`(\w+)`/g)].map(([, code]) => code as ToolErrorCode);
  const source = readFileSync(new URL("../../src/tools/tool-error.ts", import.meta.url), "utf8");
  const union = /export type ToolErrorCode =([\s\S]*?);/.exec(source)?.[1] ?? "";
  expect(codes.toSorted()).toEqual([...union.matchAll(/\| "(\w+)"/g)].map(([, code]) => code).toSorted());
  for (const code of codes) expect(categoryOf(code)).toBeTypeOf("string");
});
