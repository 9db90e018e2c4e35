import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../core/errors.ts";
import { givenPassword } from "./open-password.ts";

test("a password is read from a file or an open descriptor, without the line's end, and from one of them alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-password-"));
  const passwordFile = join(folder, "pw");
  writeFileSync(passwordFile, " correct horse \r\n");
  const passwordFd = openSync(passwordFile, "r");
  try {
    expect(givenPassword({ passwordFile }, "NONE")).toBe(" correct horse ");
    expect(givenPassword({ passwordFd }, "NONE")).toBe(" correct horse ");
    expect(() => givenPassword({ passwordFile, passwordFd }, "NONE")).toThrow(UsageError);
    expect(() => givenPassword({ passwordFile: join(folder, "none") }, "NONE")).toThrow(UsageError);
  } finally {
    closeSync(passwordFd);
    rmSync(folder, { recursive: true, force: true });
  }
  expect(givenPassword({}, "NO_SUCH_VARIABLE_IS_SET")).toBeNull();
});
