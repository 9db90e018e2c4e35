import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decimal, ZERO } from "../../core/decimal.ts";
import { sha256 } from "../../core/json.ts";
import type { GatewayState, Note } from "../../gateway/contract.ts";
import { explainMandate } from "../../mandate/explain.ts";
import { parseSample, SAMPLE } from "../../mandate/testing/sample-mandate.ts";
import { readEvmIntent } from "../../venues/evm/intents.ts";
import type { Observation } from "../../venues/venue.ts";
import { checkBrief } from "../check-brief.ts";
import { codeDecider } from "./code-decider.ts";
import { filesOfCode } from "./files-of-code.ts";
import { type LoadedCode, loadCode } from "./load-code.ts";

const START = Date.UTC(2026, 0, 5);
const folder = mkdtempSync(join(tmpdir(), "mandate-code-"));
afterAll(() => rmSync(folder, { recursive: true }));

const mandate = parseSample();
const seen: Observation = { at: START, value_usd: decimal(1500), holdings: [], allowances: [], unknowns: [], facts: {} };
const state: GatewayState = {
  ...{ wallet: "wallet:0x0", now: START, lease: 1, cycle: 3, stopped: null, open: [], budgets: [], holdings: [] },
  ...{ high_water_usd: null, model_spent_today_usd: ZERO, recent: [], permits: [] },
};

let written = 0;
/** Loads a module of this text. */
function loaded(text: string): Promise<LoadedCode> {
  const name = `./strategy-${++written}.ts`;
  writeFileSync(join(folder, name), text);
  return loadCode({ code: name, folder });
}

async function decided(text: string, more: { readonly patienceMs?: number; readonly signal?: AbortSignal } = {}) {
  const { signal, ...options } = more;
  const code = await loaded(text);
  const notes: Note[] = [];
  const decider = codeDecider({ mandate, code, venue: { readIntent: readEvmIntent }, ...options });
  const decision = await decider.decide(seen, {
    state,
    act: () => Promise.resolve([]),
    note: async (more_) => {
      notes.push(...more_);
    },
    ...(signal ? { signal } : {}),
  });
  return { decision, notes, code };
}

test("what TypeScript returns becomes intents of the venue, decimals exact, and is noted with the module's hash", async () => {
  const text = `
    import type { Decide } from "mandate";
    export const decide: Decide = (seen, { decimal, state }) => ({
      why: \`worth \${seen.value_usd?.toFixed(0)} in cycle \${state.cycle}\`,
      intents: [{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: decimal("0.1").times("3") }],
    });`;
  const { decision, notes } = await decided(text);
  expect(decision).toMatchObject({ kind: "intents", why: "worth 1500 in cycle 3", intents: [{ kind: "swap" }] });
  expect(decision.kind === "intents" && decision.intents[0].kind === "swap" && decision.intents[0].amount.toString()).toBe("0.3");
  expect(notes).toMatchObject([{ kind: "code-answer", module: "./strategy-1.ts", hash: sha256(text) }]);
});

test.each([
  ["HOLD with a reason", `[{ kind: "HOLD", why: "quiet" }]`, "quiet"],
  ["an empty list", "[]", "the code wants nothing"],
  ["no intents and a reason", `({ why: "not yet", intents: [] })`, "not yet"],
])("%s is a hold that was chosen", async (_, answer, why) => {
  const { decision } = await decided(`export const decide = async () => ${answer};`);
  expect(decision).toEqual({ kind: "hold", why, code: null });
});

const SWAP = `{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: "1" }`;

test.each([
  ["nothing", "undefined", "has no JSON form"],
  ["a word", `"buy"`, "no list of intents"],
  ["an answer with a key too many", "({ why: '', intents: [], size: 1 })", "size is no part"],
  ["an answer without a reason", "({ intents: [] })", "why is no text"],
  ["HOLD beside a swap", `[${SWAP}, { kind: "HOLD" }]`, "HOLD stands alone"],
  ["one wrong intent beside a right one", `[${SWAP}, { kind: "DANCE" }]`, "intent 2"],
  ["an amount that is a number", `[{ kind: "UNWRAP_NATIVE", chain: "base", amount: 0.1 }]`, "intent 1"],
  ["more intents than a cycle has steps", `Array.from({ length: 21 }, () => (${SWAP}))`, "21 intents"],
  ["a value that throws when it is read", "[{ get kind() { throw new Error('boo'); } }]", "boo"],
  ["a list within itself", "(() => { const a = []; a.push(a); return a; })()", "nested"],
])("%s is no answer, and none of it is done", async (_, answer, why) => {
  const { decision } = await decided(`export const decide = () => ${answer};`);
  expect(decision).toMatchObject({ kind: "hold", code: "CODE_ANSWER", why: expect.stringContaining(why) });
});

test("an answer that never comes is given up, and the code is told by its signal", async () => {
  const never = `export const told = { yet: false };
    export const decide = (_, { signal }) => new Promise(() => signal.addEventListener("abort", () => { globalThis.toldOfTheEnd = true; }));`;
  const { decision } = await decided(never, { patienceMs: 20 });
  expect(decision).toMatchObject({ kind: "hold", code: "CODE_STALLED" });
  expect(Reflect.get(globalThis, "toldOfTheEnd")).toBe(true);
});

test("an agent that is told to stop waits for no answer", async () => {
  const { decision } = await decided("export const decide = () => new Promise(() => {});", { signal: AbortSignal.abort() });
  expect(decision).toMatchObject({ kind: "hold", code: "CODE_STALLED" });
});

test.each([
  "seen.value_usd = null",
  "seen.holdings.push({})",
  "context.state.budgets.push(1)",
  "context.mandate.terms.limits.max_slippage_bps = 1",
])("code cannot change what the agent goes on with: %s", async (change) => {
  const { decision } = await decided(`export const decide = (seen, context) => { ${change}; return []; };`);
  expect(decision).toMatchObject({ kind: "hold", code: "CODE_FAILED" });
  expect(seen.value_usd?.toFixed()).toBe("1500");
});

test.each([
  ["broken syntax", "export const decide = (", "CODE_NOT_LOADED"],
  ["an import that is not there", `import "./nowhere.ts"; export const decide = () => [];`, "CODE_NOT_LOADED"],
  ["an error while it is loaded", `throw new Error("early");`, "CODE_NOT_LOADED"],
  ["no decide", "export default () => [];", "CODE_NO_DECIDE"],
  ["a decide that is no function", "export const decide = 1;", "CODE_NO_DECIDE"],
])("a module with %s is refused by a code of its own, without this machine's paths", async (_, text, code) => {
  const error = await loaded(text).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, remedy: expect.any(String) });
  expect(String(error)).not.toContain(folder);
});

test("a module that is changed is loaded anew", async () => {
  const brief = { code: "./twice.ts", folder };
  const answers: unknown[] = [];
  for (const why of ["one", "two"]) {
    writeFileSync(join(folder, "twice.ts"), `export const decide = () => "${why}";`);
    answers.push((await loadCode(brief)).decide(null, null));
  }
  expect(answers).toEqual(["one", "two"]);
});

test("the hash covers every file that a module imports, however it imports it, and no package", async () => {
  mkdirSync(join(folder, "parts"), { recursive: true });
  const part = (text: string) => writeFileSync(join(folder, "parts", "rule.ts"), text);
  const main = `import type { Decide } from "mandate";\nimport { rule } from "./parts/rule.ts";\nexport const decide: Decide = () => [rule];`;
  const path = join(folder, "whole.ts");
  writeFileSync(path, main);
  const hash = () => filesOfCode(path, "./whole.ts").hash;
  part("export const rule = 1;");
  const before = hash();
  expect(before).not.toBe(sha256(main));
  part("export const rule = 2;");
  expect(hash()).not.toBe(before);
  part("export const rule = 1;");
  expect(hash()).toBe(before);
  part(`export * from './deep.mjs';`);
  writeFileSync(
    join(folder, "parts", "deep.mjs"),
    `export const rule = (await import("./list.json", { with: { type: "json" } })).default;`,
  );
  writeFileSync(join(folder, "parts", "list.json"), "[1]");
  const whole = hash();
  writeFileSync(join(folder, "parts", "list.json"), "[2]");
  expect(hash()).not.toBe(whole);
  expect(filesOfCode(path, "./whole.ts").files.size).toBe(4);
  const loaded = await loadCode({ code: "./whole.ts", folder });
  expect([loaded.hash, loaded.decide(null, null)]).toEqual([hash(), [[2]]]);
  // Node keeps what a module imports: another content would be on the record and the old one would decide.
  writeFileSync(join(folder, "parts", "list.json"), "[3]");
  await expect(loadCode({ code: "./whole.ts", folder })).rejects.toMatchObject({ code: "CODE_NOT_LOADED" });
});

test.each([
  ["from outside the mandate's folder", `import "../elsewhere.mjs";`, "outside the mandate's folder"],
  ["by an absolute path", `import "/etc/hostname";`, "outside the mandate's folder"],
  ["through a link that leads out", `import "./leads-out.mjs";`, "outside the mandate's folder"],
  ["by a path that is not written out", "const which = './a.ts'; export const lazy = () => import(which);", "not written out"],
  ["by a sum", "export const lazy = () => import('./a' + '.ts');", "not written out"],
  [
    "in another way",
    'import { createRequire } from "node:module"; const require = createRequire("/"); require("/etc/hostname");',
    "outside",
  ],
  ["behind a remark", 'import /* from */ "../elsewhere.mjs";', "outside the mandate's folder"],
  ["by a name of its package's own", `import "#rule";`, "cannot be pinned"],
])("a module that imports %s is not loaded, and checking says so", async (_, text, why) => {
  const within = join(folder, "within");
  mkdirSync(within, { recursive: true });
  writeFileSync(join(folder, "elsewhere.mjs"), "globalThis.codeCameFromElsewhere = true;");
  rmSync(join(within, "leads-out.mjs"), { force: true });
  symlinkSync(join(folder, "elsewhere.mjs"), join(within, "leads-out.mjs"));
  writeFileSync(join(within, "main.ts"), `${text}\nexport const decide = () => [];`);
  const brief = { code: "./main.ts", folder: within };
  await expect(loadCode(brief)).rejects.toMatchObject({ code: "CODE_NOT_LOADED", message: expect.stringContaining(why) });
  expect(() => checkBrief(brief)).toThrow(why);
  expect(Reflect.get(globalThis, "codeCameFromElsewhere")).toBeUndefined();
});

test("checking a mandate looks for its code and does not run it", () => {
  writeFileSync(join(folder, "loud.ts"), "globalThis.codeWasRun = true;");
  checkBrief({ code: "./loud.ts", folder });
  expect(Reflect.get(globalThis, "codeWasRun")).toBeUndefined();
  expect(() => checkBrief({ code: "./none.ts", folder })).toThrow("./none.ts cannot be read");
});

test("decider: code needs code:, which waits beside another decider, and the path stays beside the mandate", () => {
  expect(SAMPLE).toContain("decider: structured");
  expect(parseSample(["decider: structured", "decider: code\ncode: ./s.ts"]).brief).toMatchObject({
    decider: "code",
    code: "./s.ts",
  });
  expect(explainMandate(parseSample(["decider: structured", "decider: code\ncode: ./s.ts"]))).toContain(
    "none is asked: ./s.ts decides",
  );
  expect(() => parseSample(["decider: structured", "decider: code"])).toThrow("code names no module");
  const waiting = parseSample(["decider: structured", "decider: structured\ncode: ./s.ts"]);
  expect(waiting.brief).toMatchObject({ decider: "structured", code: "./s.ts" });
  expect(explainMandate(waiting)).not.toContain("./s.ts");
  expect(() => parseSample(["decider: structured", "decider: code\ncode: /etc/s.ts"])).toThrow("no path beside the mandate");
});
