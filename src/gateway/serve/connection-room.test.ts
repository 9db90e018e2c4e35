import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ConnectionRoom, readsWithin, roomWithin } from "./connection-room.ts";
import { openFilesLimit } from "./open-files.ts";

test("listeners share so many connections: what is more is ended, and one that closes makes room for another", async () => {
  const room = new ConnectionRoom(2);
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => new PassThrough());
  if (!first || !second || !third || !fourth) return expect.unreachable();
  expect([first, second, third].map((one) => room.admit(one))).toEqual([true, true, false]);
  expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  first.destroy();
  await once(first, "close");
  expect([room.admit(fourth), room.admit(new PassThrough())]).toEqual([true, false]);
});

test("half of few files, and all but 256 of many, are for agents; without a limit there is none", () => {
  expect([160, 512, 1_024, null].map(roomWithin)).toEqual([80, 256, 768, Number.POSITIVE_INFINITY]);
});

test("what agents read takes half of what is kept at most, by HTTP and HTTPS together", () => {
  expect([128, 192, 512, null].map(readsWithin)).toEqual([16, 24, 64, 64]);
});

test("the limit is what the system says of this process, or unknown", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "mandate-files-"));
  const said = join(folder.path, "limits");
  writeFileSync(
    said,
    "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files\n",
  );
  expect(openFilesLimit(said)).toBe(1024);
  writeFileSync(said, "Max open files            unlimited            unlimited            files\n");
  expect(openFilesLimit(said)).toBeNull();
  expect(openFilesLimit(join(folder.path, "none"))).toBeNull();
});
