import { linkSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pinKey } from "./key-pin.ts";

test("a pin is replaced whole: whoever reads it while it is written reads the old one", () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-pin-"));
  try {
    const key = join(folder, "key.json");
    pinKey(key, { stream: "wallet:a", first: "1".repeat(64) });
    const old = readFileSync(`${key}.pin`, "utf8");
    linkSync(`${key}.pin`, join(folder, "read"));
    pinKey(key, { stream: "wallet:a", first: "2".repeat(64), anew: true });
    expect(readFileSync(join(folder, "read"), "utf8")).toBe(old);
    expect(() => pinKey(key, { stream: "wallet:a", first: "1".repeat(64) })).toThrow(
      expect.objectContaining({ code: "KEY_PINNED_ELSEWHERE" }),
    );
    pinKey(key, { stream: "wallet:a", first: "2".repeat(64) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
