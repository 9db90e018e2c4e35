import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freeSocket } from "./free-socket.ts";

test("only a socket is taken away: a key, a folder or a link by that name stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-socket-"));
  const at = (name: string) => join(folder, name);
  const server = createServer();
  try {
    await new Promise<void>((resolve) => server.listen(at("old.sock"), resolve));
    writeFileSync(at("key.json"), "the only one");
    symlinkSync(at("key.json"), at("link"));
    for (const name of ["key.json", "link", "."]) {
      expect(() => freeSocket(at(name)), name).toThrow(expect.objectContaining({ code: "SOCKET_TAKEN" }));
    }
    expect(readFileSync(at("link"), "utf8")).toBe("the only one");
    freeSocket(at("old.sock"));
    freeSocket(at("never.sock"));
    expect(existsSync(at("old.sock"))).toBe(false);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true });
  }
});
