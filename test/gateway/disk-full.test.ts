import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { governedHouse, purchase, sale } from "../operator/support/governed-house.ts";
import { nonceOf, standingOf } from "../support/standing.ts";

/** Lets databases of a folder grow no more from the nth transaction on, as on a disk that is full: SQLite itself says so. */
function fillAt(folder: string, nth: number) {
  const memory = new Database(":memory:");
  const statement = Object.getPrototypeOf(memory.prepare("SELECT 1")) as Database.Statement;
  const { run } = statement;
  memory.close();
  const full = new Set<Database.Database>();
  let begun = 0;
  let failed = 0;
  statement.run = function (this: Database.Statement, ...values: unknown[]) {
    const { database, source } = this;
    if (database.name.startsWith(folder) && /^BEGIN/.test(source)) {
      begun += 1;
      if (begun >= nth) {
        full.add(database);
        database.pragma(`max_page_count = ${Number(database.pragma("page_count", { simple: true }))}`);
      }
    }
    try {
      return run.apply(this, values);
    } catch (error) {
      failed += 1;
      throw error;
    }
  };
  return {
    get failed() {
      return failed;
    },
    get begun() {
      return begun;
    },
    /** There is room again. */
    clear() {
      statement.run = run;
      for (const database of full) if (database.open) database.pragma("max_page_count = 1000000");
    },
  };
}

test("a disk that fills up at any write: nothing is sent without its record, what fails says what to do, and with room it goes on", async () => {
  const last = await writesOfASale();
  let failures = 0;
  for (let nth = 1; nth <= last; nth += 1) {
    await using governed = await governedHouse();
    const { house } = governed;
    const disk = fillAt(house.home, nth);
    let said: unknown;
    try {
      said = await house.act(await sale(house)).catch((error: unknown) => error);
    } finally {
      disk.clear();
    }
    // What only takes away needs no room.
    if (disk.failed > 0) {
      failures += 1;
      expect(said, `write ${nth}`).toMatchObject({ code: "JOURNAL_UNAVAILABLE", remedy: expect.stringContaining("room") });
    }
    const signed = house.opened.stream.state.nonces.base ?? 0;
    expect(await nonceOf(house.world), `write ${nth}`).toBeLessThanOrEqual(signed);
    await house.opened.gateway.settle(house.opened.wallet);
    expect((await house.act(await purchase(house)))[0]?.kind, `write ${nth}`).toBe("confirmed");
    expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
    expect(await nonceOf(house.world)).toBe(house.opened.stream.state.nonces.base);
  }
  expect(failures).toBeGreaterThanOrEqual(4);
});

async function writesOfASale(): Promise<number> {
  await using governed = await governedHouse();
  const disk = fillAt(governed.house.home, Number.POSITIVE_INFINITY);
  try {
    await governed.house.act(await sale(governed.house));
  } finally {
    disk.clear();
  }
  return disk.begun;
}
