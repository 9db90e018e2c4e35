// Appends per second, against bare inserts at the same durability. Run: node scripts/launch.mjs --tool node bench/journal.ts [--json]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { canonicalJson } from "../src/core/json.ts";
import type { Journal } from "../src/journal/journal.ts";
import { MemoryJournal } from "../src/journal/memory-journal.ts";
import { openJournal } from "../src/journal/sqlite/open-journal.ts";
import { verifyJournal } from "../src/journal/verify.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";

const ROUNDS = 3;
const ONE_AT_A_TIME = 2_000;
const CONCURRENT = 20_000;
const BASELINE = "bare insert, one at a time";
const BODY = { text: "x".repeat(520), amount: "12.5", asset: "base/USDC" };

async function bareInserts(folder: string): Promise<readonly Measurement[]> {
  const db = new Database(join(folder, "bare.db"));
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.exec("CREATE TABLE entries (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
    const insert = db.prepare<[string]>("INSERT INTO entries (body) VALUES (?)");
    const text = canonicalJson(BODY);
    return [await measure(BASELINE, { count: ONE_AT_A_TIME }, () => insert.run(text))];
  } finally {
    db.close();
  }
}

/** One stream a caller, each appending after what it appended last. */
function appends(journal: Journal, name: string, options: { count: number; concurrency?: number }): Promise<Measurement> {
  const heads = new Map<number, number>();
  return measure(name, options, async (n, caller) => {
    const after = heads.get(caller) ?? 0;
    await journal.commit([{ stream: `${name}:${caller}`, after, entries: [{ kind: "note", body: BODY }] }], n);
    heads.set(caller, after + 1);
  });
}

async function ours(folder: string): Promise<readonly Measurement[]> {
  const path = join(folder, "journal.db");
  const mirror = join(folder, "mirror", "heads");
  const fail = (failure: Error): never => {
    throw failure;
  };
  const journal = await openJournal({ path, mirror, onMirrorFailure: fail });
  const one = await appends(journal, "append, one at a time", { count: ONE_AT_A_TIME });
  const hundred = await appends(journal, "append, 100 concurrent", { count: CONCURRENT, concurrency: 100 });
  const count = ONE_AT_A_TIME + CONCURRENT;
  const verify = await measure("verify", { count: 1 }, () => verifyJournal(path, { mirror }));
  await journal.close();
  return [one, hundred, { ...verify, name: "verify, entries", count, perSecond: verify.perSecond * count }];
}

const rounds: Measurement[][] = [];
for (let round = 0; round < ROUNDS; round++) {
  const folder = mkdtempSync(join(tmpdir(), "mandate-bench-"));
  try {
    const memory = await appends(new MemoryJournal(), "append in memory", { count: CONCURRENT });
    rounds.push([...(await bareInserts(folder)), ...(await ours(folder)), memory]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
report("journal", ratios(medians(rounds), BASELINE));
