import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..", "..");
const MANDATE = join("node_modules", "mandate", "mandates", "weth-usdc-balanced", "MANDATE.md");
/** What a package may carry; npm adds its manifest, README and LICENSE by itself. */
const CARRIED =
  /^(dist\/.+\.(js|d\.ts)|dist\/worlds\/anvil\/(packages|hyperlane\/hyperlane)\.lock\.json|contracts\/artifacts\/.+\.json|mandates\/.+\.(md|ts)|(docs|prompts|strategies)\/.+\.md|src\/gateway\/proto\/mandate\/v1\/[a-z]+\.proto|skills\/[a-z-]+\/(SKILL\.md|scripts\/[a-z-]+\.sh|mandate\.sh)|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;

let folder: string;
let app: string;
let tarball: string;
let carried: readonly string[];

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mandate-packed-"));
  app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["run", "--silent", "build"], { cwd: ROOT, timeout: 150_000 });
  // Built above, so that what a build prints does not stand in npm's JSON.
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
  const [first] = JSON.parse(packed.stdout) as [Packed];
  tarball = join(folder, first.filename);
  carried = first.files.map(({ path }) => path);
  const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...flags, tarball], { cwd: app, timeout: 150_000 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The installed command, under the Node that runs the tests. */
function mandate(...args: readonly string[]) {
  return run(process.execPath, [join("node_modules", ".bin", "mandate"), ...args], {
    cwd: app,
    timeout: 150_000,
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
  });
}

test("the package carries code, artifacts, mandates and docs, and nothing else", () => {
  expect(carried.filter((path) => !CARRIED.test(path))).toEqual([]);
  expect(carried.filter((path) => /\.test\.|\.fixture\.|\/testing\//.test(path))).toEqual([]);
  const musts = [
    "LICENSE",
    "CHANGELOG.md",
    "dist/cli/main.js",
    "contracts/artifacts/Market.json",
    "docs/limits.md",
    "prompts/default.md",
    "skills/swap/SKILL.md",
    "src/gateway/proto/mandate/v1/execution.proto",
  ];
  expect(carried).toEqual(expect.arrayContaining(musts));
});

test("prepack builds, so that no package is published without its code", () => {
  expect(manifest.scripts.prepack).toBe("npm run --silent build");
});

test("the installed command tells its version", async () => {
  expect((await mandate("--version")).stdout.trim()).toBe(manifest.version);
});

test("the installed command checks the mandate that came with it", async () => {
  const { stdout } = await mandate("check", MANDATE);
  expect(JSON.parse(stdout)).toMatchObject({ schema_version: 1, id: "weth-usdc-balanced" });
});

test("the installed command rehearses the mandate that came with it", async () => {
  const { stdout } = await mandate("rehearse", MANDATE, "--cycles", "2", "--seed", "1", "--home", join(app, "home"), "--json");
  const report = JSON.parse(stdout) as { readonly trades: readonly unknown[] };
  expect(report).toMatchObject({ schema_version: 1, cycles: 2, journal_verified: true });
  expect(report.trades.length).toBeGreaterThan(0);
  expect(existsSync(join(app, "home"))).toBe(true);
});

test("an older Node is told what it lacks", async () => {
  const older = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"22.1.0"}})`;
  const failing = run(process.execPath, ["--import", older, join("node_modules", ".bin", "mandate"), "--version"], { cwd: app });
  await expect(failing).rejects.toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("Mandate needs Node 24") });
});

test("the library's entries are what they are documented to be, and no other file can be imported", async () => {
  const script = `
    import * as mandate from "mandate";
    import * as gateway from "mandate/gateway";
    import * as testing from "mandate/testing";
    const { terms } = mandate.readMandate(process.argv[1], { worldWallet: testing.REHEARSAL_WALLET });
    const inner = await import("mandate/dist/core/json.js").catch(({ code }) => code);
    const all = { mandate: Object.keys(mandate), gateway: Object.keys(gateway), testing: Object.keys(testing) };
    console.log(JSON.stringify({ ...all, inner, worst: mandate.worstCase(terms).per_day.total_usd }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script, "--", MANDATE], {
    cwd: app,
    timeout: 150_000,
  });
  const found = JSON.parse(stdout) as Record<"mandate" | "gateway" | "testing", readonly string[]> & {
    inner: string;
    worst: string;
  };
  expect(found.gateway).toEqual(["GatewayError", "gatewayClient", "openHouse", "orderGoLive"]);
  expect(found.mandate).toEqual(
    expect.arrayContaining(["MandateError", "judge", "readMandate", "rehearse", "runAgent", "verifyJournal", "worstCase"]),
  );
  expect(found.testing).toEqual(expect.arrayContaining(["balanceRule", "runStrategy", "startEvmWorld", "startScriptedModel"]));
  expect(found.inner).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
  expect(Number(found.worst)).toBeGreaterThan(0);
});

test("the test kit and the scripted model's format work from the package", async () => {
  const script = `
    import { parseModelScript, runStrategy } from "mandate/testing";
    const decide = (seen, { decimal }) => [{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: decimal("0.1") }];
    const { acts, asked } = await runStrategy({ decide, cycles: 1 });
    const { rules } = parseModelScript([{ kind: "timeout" }]);
    console.log(JSON.stringify({ acts: acts.map(({ intent, outcome }) => [intent.kind, outcome]), asked: asked.length, rules }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: app, timeout: 150_000 });
  expect(JSON.parse(stdout)).toEqual({ acts: [["swap", "confirmed"]], asked: 1, rules: [{ do: [{ kind: "timeout" }] }] });
});

test("the library's types hold in a strict program", async () => {
  writeFileSync(
    join(app, "use.ts"),
    `import { type Mandate, readMandate, worstCase } from "mandate";
import { type Gateway, gatewayClient } from "mandate/gateway";
import { type EvmWorld, runStrategy, startEvmWorld } from "mandate/testing";
const mandate: Mandate = readMandate("MANDATE.md");
export const total: string = worstCase(mandate.terms).per_day.terms.map(({ name }) => name).join();
export const gateway: Gateway = gatewayClient("gateway.sock");
export const world: Promise<EvmWorld> = startEvmWorld({ seed: 1 });
export const strategy = runStrategy({ decide: ({ holdings }) => [{ kind: "HOLD", why: holdings[0]?.amount.toFixed() }] });
// @ts-expect-error a number is no file
readMandate(5);
// @ts-expect-error a gateway has no such call
gateway.sign();
`,
  );
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2024", "--module", "nodenext", "--types", ""];
  const checked = await run(process.execPath, [join(ROOT, "node_modules", "typescript", "bin", "tsc"), ...flags, "use.ts"], {
    cwd: app,
    timeout: 150_000,
  }).catch((error: { readonly stdout: string }) => error);
  expect(checked.stdout).toBe("");
});
