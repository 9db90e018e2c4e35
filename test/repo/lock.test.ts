import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./source-text.ts";

interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly resolved?: string; readonly link?: boolean }>>;
}
interface CompleteLock {
  readonly missingEntries: (lock: unknown) => readonly (readonly [name: string, version: string, parent: unknown])[];
}

const LOCKS = ["package-lock.json", join("scripts", "node24", "package-lock.json")];
const COMPLETE_LOCK: string = join(ROOT, "scripts", "complete-lock.mjs");
const { missingEntries } = (await import(COMPLETE_LOCK)) as CompleteLock;

function read(file: string): Lock {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Lock;
}

test.each(LOCKS)("%s names the packages of every platform, so that npm ci works on all of them", (file) => {
  expect(missingEntries(read(file)).map(([name]) => name)).toEqual([]);
});

test.each(LOCKS)("%s names no registry's host, so that each user's own is asked", (file) => {
  const named = Object.entries(read(file).packages).flatMap(([at, { resolved }]) => (resolved === undefined ? [] : [at]));
  expect(named).toEqual([]);
  expect(readFileSync(join(ROOT, file), "utf8")).not.toMatch(/https?:\/\/[^"]*registry/);
});

test("the lock belongs to the manifest: the same dependencies at the same versions", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<
    "dependencies" | "devDependencies",
    Record<string, string>
  >;
  const { packages } = read("package-lock.json");
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
  }
});

test("a lock that lacks a platform's package is found", () => {
  const lock = {
    packages: { "": {}, "node_modules/a": { version: "1.0.0", optionalDependencies: { "a-linux-arm64": "1.0.0" } } },
  };
  expect(missingEntries(lock).map(([name]) => name)).toEqual(["a-linux-arm64"]);
});
