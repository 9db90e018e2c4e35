import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sha256 } from "../../core/json.ts";
import { LOCKED_PACKAGES, type LockedPackage, readPackageFile } from "./packages.ts";

const FILE = "build/contracts/WETH9.json";
const weth = LOCKED_PACKAGES.find(({ name }) => name === "canonical-weth") as LockedPackage;
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "mandate-test-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

function withoutNetwork(): void {
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:1/");
  vi.stubEnv("npm_config_fetch_retries", "0");
  vi.stubEnv("npm_config_prefer_offline", "false");
  vi.stubEnv("npm_config_cache", join(cache, "npm"));
}

test("two that fetch at once both get the pinned file, and a third needs no network", async () => {
  const files = await Promise.all([readPackageFile(weth, FILE, cache), readPackageFile(weth, FILE, cache)]);
  for (const file of files) expect(sha256(file)).toBe(weth.files[FILE]);
  withoutNetwork();
  expect(sha256(await readPackageFile(weth, FILE, cache))).toBe(weth.files[FILE]);
});

test("a cached file that was changed is not used", async () => {
  await readPackageFile(weth, FILE, cache);
  const path = join(cache, "packages", "canonical-weth-1.4.0", FILE);
  await writeFile(path, (await readFile(path, "utf8")).replace("WETH", "HTEW"));
  withoutNetwork();
  await expect(readPackageFile(weth, FILE, cache)).rejects.toMatchObject({ code: "PACKAGE_FETCH_FAILED" });
});

test("without a network and a cache the error says what to do", async () => {
  withoutNetwork();
  await expect(readPackageFile(weth, FILE, cache)).rejects.toMatchObject({
    code: "PACKAGE_FETCH_FAILED",
    message: "npm could not fetch canonical-weth@1.4.0",
    remedy: expect.stringContaining("npm ping"),
  });
});

test("a tarball with another integrity than the lock's is refused", async () => {
  const forged = { ...weth, integrity: `sha512-${Buffer.alloc(64).toString("base64")}` };
  await expect(readPackageFile(forged, FILE, cache)).rejects.toMatchObject({ code: "PACKAGE_INTEGRITY" });
});

test("a file with another hash than the lock's is refused", async () => {
  const forged = { ...weth, files: { [FILE]: sha256("something else") } };
  await expect(readPackageFile(forged, FILE, cache)).rejects.toMatchObject({ code: "PACKAGE_INTEGRITY" });
});
