import { join } from "node:path";
import { expect, test } from "vitest";
import { findJournal } from "../../src/cli/find-journal.ts";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { withOperator } from "../../src/cli/operator/reach-operator.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Entry } from "../../src/journal/journal.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import type { RehearsalWorld } from "../../src/worlds/rehearsal/evm-stage.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { scratch } from "./support/scratch.ts";

const MANDATE = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");

test("a rehearsal has an operator of its own, whose key lies beside the journal: it can be frozen and resumed while it runs", async () => {
  using stage = scratch();
  const home = join(stage.folder, "run");
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: DEFAULT_FUNDS } });
  try {
    const sleeps: (() => Promise<void>)[] = [
      () => withOperator(home, {}, async (operator) => expect(await operator.freeze("a look")).not.toBeNull()),
      () => withOperator(home, {}, async (operator) => expect(await operator.unfreeze("seen")).toBeNull()),
    ];
    const clock: Clock = {
      now: () => world.clock.now(),
      async sleep(until, signal) {
        await sleeps.shift()?.();
        await world.clock.sleep(until, signal);
      },
    };
    const seen: RehearsalWorld = { url: world.url, chainId: world.chainId, clock };
    await rehearse({ file: MANDATE, home, seed: 1, cycles: 3, world: seen, version: "0.0.0" });
    expect(sleeps).toEqual([]);
  } finally {
    await world.stop();
  }
  const { journal: path } = await findJournal(home);
  const journal = await openJournalReader(path);
  try {
    const stream = `wallet:${REHEARSAL_WALLET.toLowerCase()}`;
    const entries: Entry[] = [];
    for await (const entry of journal.read(stream)) entries.push(entry);
    const kinds = entries.map(({ kind }) => kind).filter((kind) => ["operator", "stopped", "resumed"].includes(kind));
    expect(kinds).toEqual(["operator", "stopped", "resumed"]);
    expect(await checkStream(journal, stream)).toMatchObject({ ok: true, first_bad: null, cycles: 3 });
  } finally {
    await journal.close();
  }
});
