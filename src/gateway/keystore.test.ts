import { execFile } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Hex } from "../core/hex.ts";
import { openKeystore, sealKey } from "./keystore.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mandate-keystore-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KEY: Hex = `0x${"4c".repeat(32)}`;

/** Runs the cast that npm installed; its own launcher needs an install script. */
async function cast(...args: readonly string[]): Promise<string> {
  const launcher = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/cast/package.json"));
  const cpu = process.arch === "x64" ? "amd64" : process.arch;
  const manifest = launcher.resolve(`@foundry-rs/cast-${process.platform}-${cpu}/package.json`);
  const { stdout } = await promisify(execFile)(join(dirname(manifest), "bin", "cast"), [...args]);
  return stdout;
}

function kept(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

// The two vectors of the Web3 Secret Storage definition. Their scrypt is r 1, p 8; cast's is r 8, p 1.
const VECTOR_KEY: Hex = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PBKDF2 = {
  cipher: "aes-128-ctr",
  cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
  ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
  kdf: "pbkdf2",
  kdfparams: {
    c: 262_144,
    dklen: 32,
    prf: "hmac-sha256",
    salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
  },
  mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
};
const SCRYPT = {
  cipher: "aes-128-ctr",
  cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
  ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
  kdf: "scrypt",
  kdfparams: { dklen: 32, n: 262_144, p: 8, r: 1, salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19" },
  mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
};

test.each([PBKDF2, SCRYPT])("the definition's own keystore opens: $kdf", async (crypto) => {
  const file = kept(`vector-${crypto.kdf}`, JSON.stringify({ crypto, id: "3198bc9c-6672-5ab3-d995-4942343ae5b6", version: 3 }));
  expect((await openKeystore(file, "testpassword")).address).toBe(privateKeyToAddress(VECTOR_KEY));
  await expect(openKeystore(file, "another")).rejects.toMatchObject({ code: "KEYSTORE_PASSWORD" });
});

test("a keystore that cast wrote opens, and cast opens one of ours", async () => {
  await cast(
    "wallet",
    "import",
    "imported",
    "--private-key",
    KEY,
    "--keystore-dir",
    folder,
    "--unsafe-password",
    "correct horse",
  );
  expect((await openKeystore(join(folder, "imported"), "correct horse")).address).toBe(privateKeyToAddress(KEY));
  kept("ours", sealKey(KEY, "battery staple"));
  expect((await openKeystore(join(folder, "ours"), "battery staple")).address).toBe(privateKeyToAddress(KEY));
  const said = await cast("wallet", "decrypt-keystore", "ours", "--keystore-dir", folder, "--unsafe-password", "battery staple");
  expect(said).toContain(KEY);
});

test("what is no keystore, or one of another kind, is refused without its text", async () => {
  const ours = JSON.parse(sealKey(KEY, "p")) as { crypto: Record<string, unknown> };
  const strange = [
    "",
    "{}",
    KEY,
    JSON.stringify({ ...ours, version: 1 }),
    JSON.stringify({ ...ours, crypto: { ...ours.crypto, cipher: "none" } }),
    JSON.stringify({ ...ours, crypto: { ...SCRYPT, kdfparams: { ...SCRYPT.kdfparams, r: 8, p: 1, n: 2 ** 30 } } }),
  ];
  for (const [i, text] of strange.entries()) {
    const file = kept(`strange-${i}`, text);
    const error = await openKeystore(file, "p").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "KEYSTORE_UNREADABLE", message: `${file} is not a V3 keystore` });
  }
  await expect(openKeystore(join(folder, "none"), "p")).rejects.toMatchObject({ code: "KEYSTORE_UNREADABLE" });
});

test.each([
  ["more memory than there may be", { n: 2 ** 30, r: 8, p: 1 }],
  ["more memory for its blocks", { n: 2, r: 2 ** 20, p: 16 }],
  ["no power of two", { n: 8191, r: 8, p: 1 }],
  ["one round", { n: 1, r: 8, p: 1 }],
  ["more rounds than blocks of one take", { n: 2 ** 17, r: 1, p: 1 }],
  ["more blocks than the definition has", { n: 2, r: 2 ** 15, p: 2 ** 15 }],
])("a keystore that wants %s is refused, and the next key of the process opens", async (_, params) => {
  const ours = JSON.parse(sealKey(KEY, "p")) as { crypto: { kdfparams: object } };
  const crypto = { ...ours.crypto, kdfparams: { ...ours.crypto.kdfparams, ...params } };
  const file = kept("greedy", JSON.stringify({ ...ours, crypto }));
  await expect(openKeystore(file, "p")).rejects.toMatchObject({ code: "KEYSTORE_UNREADABLE" });
  const { privateKey } = generateKeyPairSync("ed25519");
  expect(createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })).asymmetricKeyType).toBe("ed25519");
});
