import { expect, test } from "vitest";
import { EDGES, forbidden, importsOf, roomCycle, strayFetches } from "./import-graph.ts";
import { codeOf, isForTests, readSources } from "./source-text.ts";

const files = readSources("src").filter(({ path }) => !/\.test\.ts$|\.fixture\.ts$/.test(path));
const imports = importsOf(files);

/** A mandate's own code is loaded from its folder; a provider's part of the model catalogue by its name; Multicall3's code stands in viem's own files. */
const COMPUTED = ["src/deciders/code/load-code.ts", "src/llm/catalogue.ts", "src/worlds/anvil/artifacts.ts"];

test("every import keeps to the order of the rooms and to the edges", () => {
  expect(imports.length).toBeGreaterThan(500);
  expect(forbidden(imports)).toEqual([]);
});

test("core imports nothing of ours", () => {
  expect(
    imports.filter(({ from, to }) => from.startsWith("src/core/") && !to.startsWith("src/core/") && to.startsWith("src/")),
  ).toEqual([]);
});

test("no rooms import each other in a circle", () => {
  expect(roomCycle(imports)).toBeNull();
});

test("nothing fetches but the edge that watches it", () => {
  expect(strayFetches(files)).toEqual([]);
});

test("every edge is used, so that the list stays true", () => {
  const { fetch: fetching = [], ...modules } = EDGES;
  const unused = Object.entries(modules).flatMap(([name, edges]) =>
    edges.filter((from) => !imports.some((one) => one.from === from && one.to === name)),
  );
  const silent = fetching.filter((path) => !/\bfetch\s*\(/.test(codeOf(files.find((file) => file.path === path)?.text ?? "")));
  expect([...unused, ...silent]).toEqual([]);
});

test("every import names a file that is there, so none is overlooked", () => {
  const known = new Set(readSources("src").map(({ path }) => path));
  const lost = imports.filter(({ to }) => to.startsWith("src/") && !to.endsWith(".json") && !known.has(to));
  expect(lost).toEqual([]);
  expect(imports.filter(({ to }) => to === "(computed)").map(({ from }) => from)).toEqual(COMPUTED);
});

test("nothing that ships imports what only tests have", () => {
  const shipped = imports.filter(({ from }) => !isForTests(from));
  expect(shipped.filter(({ to }) => isForTests(to) || ["vitest", "fast-check", "solc"].includes(to))).toEqual([]);
});

test("only the entries re-export", () => {
  const passing = files.filter(
    ({ path, text }) => !path.startsWith("src/entries/") && /^export\b[^;=()]*?\bfrom\s*["']/m.test(codeOf(text)),
  );
  expect(passing.map(({ path }) => path)).toEqual([]);
});

test("what ships takes viem by the part that it uses: the whole is a third more to load, in every process", () => {
  const whole = /^import (?!type\b)[^;]*? from "viem";/m;
  expect(whole.test('import { keccak256 } from "viem";')).toBe(true);
  expect(files.filter(({ path, text }) => !isForTests(path) && whole.test(text)).map(({ path }) => path)).toEqual([]);
});

const made = (from: string, text: string) => forbidden(importsOf([{ path: from, text }]));

test("an import of a higher room is found, types too", () => {
  expect(made("src/mandate/a.ts", 'import type { B } from "../venues/b.ts";')).toEqual([
    "src/mandate/a.ts imports src/venues/b.ts: venues stands above mandate",
  ]);
  expect(made("src/core/a.ts", 'const b = await import("../journal/b.ts");')).toHaveLength(1);
  expect(made("src/gateway/a.ts", 'export { b } from "../agent/b.ts";')).toHaveLength(1);
  expect(made("src/journal/a.ts", 'import {\n  b,\n  type C,\n} from "../gateway/b.ts";')).toHaveLength(1);
});

test("the agent side is stopped at the gateway's contract", () => {
  expect(made("src/agent/a.ts", 'import { k } from "../gateway/keystore.ts";')).toEqual([
    "src/agent/a.ts imports src/gateway/keystore.ts: the agent side knows the gateway's contract and client only",
  ]);
  expect(made("src/agent/a.ts", 'import type { Gateway } from "../gateway/contract.ts";')).toEqual([]);
  expect(made("src/worlds/a.ts", 'import { k } from "../gateway/keystore.ts";')).toEqual([]);
});

test("a process, a socket or a request from anywhere but an edge is found", () => {
  expect(made("src/llm/a.ts", 'import { spawn } from "node:child_process";')).toHaveLength(1);
  expect(made("src/venues/a.ts", 'import { get } from "node:https";')).toHaveLength(1);
  expect(made("src/venues/a.ts", 'const { get } = process.getBuiltinModule("node:https");')).toHaveLength(1);
  expect(made("src/venues/a.ts", 'import { http } from "../core/node-http.ts";')).toHaveLength(1);
  expect(made("src/venues/a.ts", 'import { createRequire } from "node:module";')).toHaveLength(1);
  for (const text of [
    "const load = process.getBuiltinModule;",
    'process["getBuiltinModule"]("node:net");',
    'getBuiltinModule?.("node:net");',
  ])
    expect(importsOf([{ path: "src/venues/a.ts", text }])).toEqual([{ from: "src/venues/a.ts", to: "(computed)" }]);
  expect(strayFetches([{ path: "src/venues/a.ts", text: "await fetch(url);" }])).toEqual(["src/venues/a.ts"]);
  expect(made("src/garden/a.ts", 'import { a } from "../core/a.ts";')).toEqual([
    "src/garden/a.ts imports src/core/a.ts: garden is no room",
  ]);
});

test("a circle of rooms is found", () => {
  const circle = roomCycle([
    { from: "src/a/1.ts", to: "src/b/2.ts" },
    { from: "src/b/2.ts", to: "src/c/3.ts" },
    { from: "src/c/4.ts", to: "src/a/5.ts" },
  ]);
  expect(circle).toEqual(["a", "b", "c", "a"]);
});

test("what stands in comments, templates and patterns is no import", () => {
  const text = [
    '// import "../cli/a.ts"',
    '/* import "../cli/b.ts" */',
    'const program = `import "../cli/c.ts"; $' + '{nested(`import "../cli/d.ts"`)} import "../cli/e.ts"`;',
    "const pattern = /[\"'`/]+/;",
    'import "../core/real.ts";',
  ].join("\n");
  expect(importsOf([{ path: "src/journal/a.ts", text }])).toEqual([{ from: "src/journal/a.ts", to: "src/core/real.ts" }]);
});
