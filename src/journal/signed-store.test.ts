import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JournalClosedError } from "./journal.ts";
import { openSignedStore, SignedBytesConflictError } from "./signed-store.ts";
import { runModule } from "./testing/child-process.ts";
import { temporaryJournal } from "./testing/temporary-journal.ts";

const BYTES = Uint8Array.from(Buffer.from("signed bytes that must not stay behind"));

test("signed bytes are there after a kill -9, and readable by their owner alone", async () => {
  await using files = temporaryJournal();
  const path = join(files.folder, "signed.db");
  await using child = runModule(
    `import { openSignedStore } from "./signed-store.ts";
     const store = await openSignedStore(${JSON.stringify(path)});
     await store.put("0x01", new Uint8Array([1, 2, 3]));
     console.log("kept");
     setInterval(() => store, 1e6);`,
    import.meta.url,
  );
  expect((await child.lines.next()).value).toBe("kept");
  const names = readdirSync(files.folder).filter((name) => name.startsWith("signed.db"));
  expect(names).toContain("signed.db-wal");
  for (const name of names) expect(statSync(join(files.folder, name)).mode & 0o777, name).toBe(0o600);
  await child.kill();
  const store = await openSignedStore(path);
  expect(await store.get("0x01")).toEqual(new Uint8Array([1, 2, 3]));
  await store.close();
});

test("the same bytes may be put twice, other bytes under the same hash never", async () => {
  await using files = temporaryJournal();
  const store = await openSignedStore(join(files.folder, "signed.db"));
  await store.put("0x01", BYTES);
  await store.put("0x01", BYTES);
  await expect(store.put("0x01", BYTES.slice(1))).rejects.toBeInstanceOf(SignedBytesConflictError);
  expect(await store.get("0x01")).toEqual(BYTES);
  expect(await store.get("0x02")).toBeUndefined();
  await store.close();
});

test("several are kept and forgotten together, all of them or none", async () => {
  await using files = temporaryJournal();
  const store = await openSignedStore(join(files.folder, "signed.db"));
  const all = [
    { hash: "0x01", bytes: BYTES },
    { hash: "0x02", bytes: BYTES.slice(1) },
  ];
  await store.putAll(all);
  const clash = [
    { hash: "0x03", bytes: BYTES },
    { hash: "0x02", bytes: BYTES },
  ];
  await expect(store.putAll(clash)).rejects.toBeInstanceOf(SignedBytesConflictError);
  expect([await store.get("0x01"), await store.get("0x02"), await store.get("0x03")]).toEqual([BYTES, BYTES.slice(1), undefined]);
  await store.deleteAll(["0x01", "0x02", "0x09"]);
  expect([await store.get("0x01"), await store.get("0x02")]).toEqual([undefined, undefined]);
  const contents = readdirSync(files.folder).map((name) => readFileSync(join(files.folder, name)));
  expect(contents.some((file) => file.includes(Buffer.from(BYTES.slice(1))))).toBe(false);
  await store.close();
});

test("deleted bytes are nowhere in the files", async () => {
  await using files = temporaryJournal();
  const store = await openSignedStore(join(files.folder, "signed.db"));
  const contents = () => readdirSync(files.folder).map((name) => readFileSync(join(files.folder, name)));
  await store.put("0x01", BYTES);
  expect(contents().some((file) => file.includes(Buffer.from(BYTES)))).toBe(true);
  await store.delete("0x01");
  await store.delete("0x02");
  expect(await store.get("0x01")).toBeUndefined();
  expect(contents().some((file) => file.includes(Buffer.from(BYTES)))).toBe(false);
  await store.close();
  await store.close();
  await expect(store.get("0x01")).rejects.toBeInstanceOf(JournalClosedError);
});
