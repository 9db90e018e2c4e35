import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "../../journal/lock-file.ts";
import { addToken, readTokens, revokeToken, rotateToken, TOKENS_FILE, tokenChecker } from "./agent-tokens.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "mandate-tokens-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("a token is its agent's, is kept as a hash alone, and nobody else can read the file", () => {
  const token = addToken(home, "shell", 5);
  expect(tokenChecker(home)(token)).toBe("shell");
  const kept = readFileSync(join(home, TOKENS_FILE), "utf8");
  expect(kept).not.toContain(token.slice("mandate_".length));
  expect(statSync(join(home, TOKENS_FILE)).mode & 0o777).toBe(0o600);
  expect(readTokens(home)).toMatchObject([{ agent: "shell", made: 5 }]);
});

test("what is almost a token is nobody's", () => {
  const token = addToken(home, "shell", 0);
  const ownerOf = tokenChecker(home);
  for (const wrong of ["", token.slice(0, -1), `${token}a`, token.toUpperCase(), readTokens(home)[0]?.sha256 ?? ""]) {
    expect(ownerOf(wrong)).toBeNull();
  }
});

test("a checker that runs heeds a new, a rotated and a revoked token at once", () => {
  const ownerOf = tokenChecker(home);
  const first = addToken(home, "shell", 0);
  expect(ownerOf(first)).toBe("shell");
  const second = rotateToken(home, "shell", 1);
  expect([ownerOf(first), ownerOf(second)]).toEqual([null, "shell"]);
  const other = addToken(home, "other", 2);
  revokeToken(home, "shell");
  expect([ownerOf(second), ownerOf(other)]).toEqual([null, "other"]);
});

test("an agent has one token, and names are plain", () => {
  addToken(home, "shell", 0);
  expect(() => addToken(home, "shell", 1)).toThrow(expect.objectContaining({ code: "TOKEN_EXISTS" }));
  expect(() => rotateToken(home, "nobody", 1)).toThrow(expect.objectContaining({ code: "UNKNOWN_TOKEN" }));
  expect(() => revokeToken(home, "nobody")).toThrow(expect.objectContaining({ code: "UNKNOWN_TOKEN" }));
  for (const name of ["", "../x", "a b", "\u001b"]) {
    expect(() => addToken(home, name, 0)).toThrow(expect.objectContaining({ code: "BAD_TOKEN_NAME" }));
  }
});

test("of two who change them at once the second is told so, and undoes nothing of the first", () => {
  const first = addToken(home, "shell", 0);
  const lock = takeLock(join(home, "tokens.lock"));
  for (const change of [
    () => addToken(home, "other", 1),
    () => rotateToken(home, "shell", 1),
    () => revokeToken(home, "shell"),
  ]) {
    expect(change).toThrow(expect.objectContaining({ code: "TOKENS_BUSY" }));
  }
  expect(tokenChecker(home)(first)).toBe("shell");
  lock.release();
  revokeToken(home, "shell");
  expect(tokenChecker(home)(first)).toBeNull();
});

test("a file that is no list of tokens lets nobody in", () => {
  const token = addToken(home, "shell", 0);
  const ownerOf = tokenChecker(home);
  writeFileSync(join(home, TOKENS_FILE), '{"version":1,"tokens":[{"agent":"x"}]}');
  chmodSync(join(home, TOKENS_FILE), 0o600);
  expect(() => ownerOf(token)).toThrow(expect.objectContaining({ code: "TOKENS_UNREADABLE" }));
  expect(() => ownerOf(token)).toThrow(expect.objectContaining({ code: "TOKENS_UNREADABLE" }));
});
