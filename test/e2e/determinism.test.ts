import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import type { RehearsalParameters } from "../../src/worlds/rehearsal/rehearse.ts";
import { mandateCopy, SHIPPED } from "./support/mandate-copy.ts";
import { scratch } from "./support/scratch.ts";

/** A rehearsal with everything in it that could tell one machine, or one moment, from another. */
const EVENTFUL = {
  seed: 7,
  cycles: 12,
  version: "0.1.0",
  script: { hostile: { 5: "all" } },
  faults: {
    1: { kind: "http", status: 503 },
    2: { kind: "broken", value: { decision: "hold", why: "cut off" } },
    4: { kind: "http", status: 429, retryAfter: 2 },
    6: { kind: "drop" },
    7: { kind: "refusal" },
    8: { kind: "prose", text: "I would rather talk about the weather." },
    9: { kind: "cut", text: '{"decision":' },
    10: { kind: "http", status: 400, message: "no" },
  },
  scenario: [
    { at: 210_000, asset: "WETH", change: "+0.06" },
    { at: 330_000, asset: "WETH", change: "+0.5" },
  ],
} satisfies Omit<RehearsalParameters, "file" | "home">;

interface Written {
  readonly entries: readonly string[];
  readonly bodies: readonly string[];
  readonly head: string;
  readonly report: Readonly<Record<string, unknown>>;
}

interface Place {
  readonly folder: string;
  readonly file?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Rehearses in a process of its own; what its journal holds, byte for byte. */
async function written(
  { folder, file = SHIPPED, env = {} }: Place,
  changes: Partial<RehearsalParameters> = {},
): Promise<Written> {
  const home = join(folder, "home");
  const parameters: RehearsalParameters = { ...EVENTFUL, ...changes, file, home };
  const child = spawn(process.execPath, [join(import.meta.dirname, "support", "rehearse-once.ts"), JSON.stringify(parameters)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const db = new Database(join(home, "journal.sqlite"), { readonly: true });
  try {
    const rows = db.prepare("SELECT * FROM entries ORDER BY stream, seq").all();
    const bodies = db.prepare<[], { hash: string; body: Buffer }>("SELECT hash, body FROM bodies ORDER BY hash").all();
    return {
      entries: rows.map((row) => JSON.stringify(row)),
      bodies: bodies.map(({ hash, body }) => `${hash} ${body.toString("utf8")}`),
      head: String(report.journal_head),
      report,
    };
  } finally {
    db.close();
  }
}

/** Keeps a core busy until the end of the scope. */
function load(): AsyncDisposable {
  const worker = new Worker("for (;;) Math.sqrt(2);", { eval: true });
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

function folderIn(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  return folder;
}

test("the same seed writes the same journal, byte for byte: elsewhere, at the same time, on a busy machine", async () => {
  using place = scratch();
  await using _one = load();
  await using _two = load();
  const here = folderIn(place.folder, "here");
  const there = folderIn(place.folder, "quite another place");
  const env = { TMPDIR: folderIn(there, "tmp"), TZ: "Asia/Kolkata", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
  const [one, other] = await Promise.all([written({ folder: here }), written({ folder: there, file: mandateCopy(there), env })]);
  expect(one.report).toMatchObject({ journal_verified: true, crashes_survived: 0 });
  expect(one.report.trades).toHaveLength(2);
  expect(one.report.refusals).toHaveLength(3);
  expect(other.entries).toEqual(one.entries);
  expect(other.bodies).toEqual(one.bodies);
  expect(other.head).toBe(one.head);
  for (const text of [...one.entries, ...one.bodies])
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|\/tmp|\.sock\b|ECONN|\.ts:\d/);
});

test("another seed writes another journal", async () => {
  using place = scratch();
  const [one, other] = await Promise.all([
    written({ folder: folderIn(place.folder, "one") }, { cycles: 2, seed: 7 }),
    written({ folder: folderIn(place.folder, "other") }, { cycles: 2, seed: 8 }),
  ]);
  expect(other.head).not.toBe(one.head);
});

test.each(["after-reserve", "after-submit:2"])("the same seed and the same crash %s write the same journal", async (crashAt) => {
  using place = scratch();
  const [one, other] = await Promise.all([
    written({ folder: folderIn(place.folder, "one") }, { crashAt }),
    written({ folder: folderIn(place.folder, "other") }, { crashAt }),
  ]);
  expect(one.report.crashes_survived).toBe(1);
  expect(other.entries).toEqual(one.entries);
  expect(other.bodies).toEqual(one.bodies);
});
