import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { privateKeyToAddress } from "viem/accounts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Hex, lower } from "../../core/hex.ts";
import { decryptKeystore } from "../keystore.ts";
import { importKey, listKeys, newKey, rotateKey } from "./key-folder.ts";
import { openKeystoreOf } from "./open-keystore-of.ts";

const KEY: Hex = `0x${"4c".repeat(32)}`;
const ADDRESS = lower(privateKeyToAddress(KEY));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mandate-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The real cast. Its own launcher needs an install script. */
function cast(...args: readonly string[]): string {
  const launcher = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/cast/package.json"));
  const cpu = process.arch === "x64" ? "amd64" : process.arch;
  const binary = join(dirname(launcher.resolve(`@foundry-rs/cast-${process.platform}-${cpu}/package.json`)), "bin", "cast");
  return execFileSync(binary, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

test("cast opens a keystore of ours, and we open one of cast's", async () => {
  importKey(folder, "ours", "live", KEY, "correct horse");
  expect(cast("wallet", "decrypt-keystore", "ours", "--keystore-dir", folder, "--unsafe-password", "correct horse")).toContain(
    KEY,
  );
  cast("wallet", "import", "theirs", "--private-key", KEY, "--keystore-dir", folder, "--unsafe-password", "battery");
  expect(lower((await openKeystoreOf("live", join(folder, "theirs"), "battery")).address)).toBe(ADDRESS);
});

test("a made key is random, sealed, private to its owner, and shown nowhere", async () => {
  const [one, two] = [newKey(folder, "one", "live", "pw"), newKey(folder, "two", "live", "pw")];
  expect(one.address).not.toBe(two.address);
  expect(statSync(one.file).mode & 0o777).toBe(0o600);
  const key = await decryptKeystore(one.file, "pw");
  expect(lower(privateKeyToAddress(key))).toBe(one.address);
  expect(readFileSync(one.file, "utf8")).not.toContain(key.slice(2));
  expect(JSON.stringify(one)).not.toContain(key.slice(2));
});

test("a rehearsal never loads a live key, nor a real network a throwaway, nor a rehearsal one without our mark", async () => {
  const live = importKey(folder, "live", "live", KEY, "pw").file;
  const play = importKey(folder, "play", "rehearsal", KEY, "pw").file;
  await expect(openKeystoreOf("rehearsal", live, "pw")).rejects.toMatchObject({ code: "KEY_CLASS" });
  await expect(openKeystoreOf("live", play, "pw")).rejects.toMatchObject({ code: "KEY_CLASS" });
  expect(lower((await openKeystoreOf("rehearsal", play, "pw")).address)).toBe(ADDRESS);
  const { mandate: _mark, ...bare } = JSON.parse(readFileSync(play, "utf8")) as Record<string, unknown>;
  for (const [name, keystore] of Object.entries({
    bare,
    odd: { ...bare, mandate: { class: "REHEARSAL" } },
    text: { ...bare, mandate: "rehearsal" },
  })) {
    writeFileSync(join(folder, name), JSON.stringify(keystore));
    await expect(openKeystoreOf("rehearsal", join(folder, name), "pw")).rejects.toMatchObject({ code: "KEY_CLASS" });
  }
});

test("a key is never written over another, and a bad name or key is refused before anything is written", () => {
  importKey(folder, "main", "live", KEY, "pw");
  const before = readFileSync(join(folder, "main"));
  expect(() => newKey(folder, "main", "live", "pw")).toThrow(expect.objectContaining({ code: "KEY_EXISTS" }));
  expect(readFileSync(join(folder, "main")).equals(before)).toBe(true);
  for (const name of ["", "../main", ".hidden", "a b"]) {
    expect(() => newKey(folder, name, "live", "pw")).toThrow(expect.objectContaining({ code: "BAD_KEY_NAME" }));
  }
  const order = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  for (const key of ["", "0x", KEY.slice(0, -1), `0x${"00".repeat(32)}`, order, `${KEY}00`]) {
    expect(() => importKey(folder, "bad", "live", key, "pw")).toThrow(expect.objectContaining({ code: "NOT_A_KEY" }));
  }
  expect(readdirSync(folder)).toEqual(["main"]);
});

test("the list has keystores and nothing else, with what they may be loaded for", () => {
  importKey(folder, "b-play", "rehearsal", KEY, "pw");
  importKey(folder, "a-main", "live", KEY.slice(2).toUpperCase(), "pw");
  cast("wallet", "import", "c-cast", "--private-key", KEY, "--keystore-dir", folder, "--unsafe-password", "pw");
  writeFileSync(join(folder, "notes"), "not a key");
  writeFileSync(join(folder, "json"), "{}");
  expect(listKeys(folder).map(({ name, class: keyClass, address }) => [name, keyClass, address])).toEqual([
    ["a-main", "live", ADDRESS],
    ["b-play", "rehearsal", ADDRESS],
    ["c-cast", "live", null],
  ]);
  expect(listKeys(join(folder, "none"))).toEqual([]);
});

test("a rotated key opens with the new password alone and keeps its address and its class", async () => {
  const { file } = importKey(folder, "main", "rehearsal", KEY, "old");
  copyFileSync(file, join(folder, "copy"));
  expect(await rotateKey(folder, "main", { old: "old", new: "new" })).toMatchObject({ address: ADDRESS, class: "rehearsal" });
  expect(lower((await openKeystoreOf("rehearsal", file, "new")).address)).toBe(ADDRESS);
  await expect(openKeystoreOf("rehearsal", file, "old")).rejects.toMatchObject({ code: "KEYSTORE_PASSWORD" });
  const salts = ["main", "copy"].map((name) => /"salt": "(\w+)"/.exec(readFileSync(join(folder, name), "utf8"))?.[1]);
  expect(new Set(salts).size).toBe(2);
  await expect(rotateKey(folder, "main", { old: "wrong", new: "x" })).rejects.toMatchObject({ code: "KEYSTORE_PASSWORD" });
  expect(await decryptKeystore(file, "new")).toBe(KEY);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
