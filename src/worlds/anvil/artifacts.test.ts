import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ARTIFACTS, compileContracts } from "../../../scripts/compile-contracts.ts";
import { multicall3Bytecode, ownArtifact } from "./artifacts.ts";

test("the committed artifacts are what the Solidity compiles to, and no other lies beside them", () => {
  const compiled = compileContracts();
  expect([...compiled.keys()].sort()).toEqual(readdirSync(ARTIFACTS).sort());
  for (const [file, text] of compiled) expect(readFileSync(join(ARTIFACTS, file), "utf8") === text, file).toBe(true);
});

test("the probe has no immutables, so its deployed code can be put anywhere", async () => {
  const { bytecode, deployedBytecode } = await ownArtifact("Probe");
  expect(bytecode.endsWith(deployedBytecode.slice(2))).toBe(true);
});

test("Multicall3 is the published one", async () => {
  expect((await multicall3Bytecode()).slice(0, 20)).toBe("0x608060405234801561");
});
