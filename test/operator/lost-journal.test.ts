import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { openWithoutJournal } from "../../src/cli/operator/open-without-journal.ts";
import { createOperatorKey, readOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { flipByte } from "../support/flip-byte.ts";
import { mandateOf } from "../support/house.ts";
import { codesOf, nonceOf, STRANGER } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { type GovernedHouse, governedHouse, purchase } from "./support/governed-house.ts";

const LIMITS = { max_single_trade_usd: 500, max_slippage_bps: 50, max_exit_cost_bps: 100 };

function anew({ house, key }: GovernedHouse, more: Partial<Parameters<typeof openWithoutJournal>[0]> = {}) {
  return openWithoutJournal({
    lost: house.home,
    home: join(house.home, "anew"),
    terms: house.mandate.terms,
    scopeFromFile: false,
    key,
    signer: privateKeyToAccount(REHEARSAL_KEY),
    keyFile: join(house.home, "key.json"),
    clock: house.world.clock,
    endpoints: { base: house.world.url },
    ...more,
  });
}

test("with a journal that does not verify, the operator goes home on the pinned scope, and only home", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house } = governed;
  const { world } = house;
  await house.act(await purchase(house));
  await house.opened.close();
  const file = join(house.home, "journal.sqlite");
  const whole = flipByte(file, "terms_hash");
  await expect(house.restart()).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  // What the file says now does not count: the pinned copy does.
  const opened = await anew(governed, { terms: mandateOf({ ...LIMITS, allowed_recipients: [STRANGER] }).terms });
  try {
    expect(opened.terms).toEqual(house.mandate.terms);
    expect(codesOf(await opened.operator.exit(await purchase(house, "50", "0.0166")))).toContain("EXIT_ONLY");
    const mandate = { ...house.mandate, terms: opened.terms };
    const report = await walkHome({ house: { world, mandate }, operator: opened.operator });
    expect(report).toMatchObject({ home: true, left: [] });
  } finally {
    await opened.close();
  }
  writeFileSync(file, whole);
  await expect(house.restart()).rejects.toMatchObject({ code: "KEY_PINNED_ELSEWHERE" });
});

test("a way home without a journal is refused while transactions of the key wait, and nothing is signed", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house } = governed;
  const { world } = house;
  await house.opened.close();
  await world.rpc("evm_setAutomine", [false]);
  const signed = await privateKeyToAccount(REHEARSAL_KEY).signTransaction({
    type: "eip1559",
    chainId: world.chainId,
    nonce: 0,
    to: REHEARSAL_WALLET,
    gas: 21_000n,
    maxFeePerGas: 10_000_000_000n,
    maxPriorityFeePerGas: 0n,
  });
  await world.rpc("eth_sendRawTransaction", [signed]);
  expect(await nonceOf(world)).toBe(1);
  await expect(anew(governed)).rejects.toMatchObject({ code: "PENDING_TRANSACTIONS" });
  await world.mine();
  await world.rpc("evm_setAutomine", [true]);
  await house.restart();
});

test("another operator's key, a folder with a journal, and a gateway that runs are each refused", async () => {
  await using governed = await governedHouse({ limits: LIMITS });
  const { house } = governed;
  await expect(anew(governed), "the gateway runs").rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
  await house.opened.close();
  await expect(anew(governed, { home: house.home })).rejects.toMatchObject({ code: "USAGE" });
  const folder = mkdtempSync(join(tmpdir(), "mandate-other-"));
  createOperatorKey(join(folder, "key"));
  const key = readOperatorKey(join(folder, "key"));
  rmSync(folder, { recursive: true });
  await expect(anew(governed, { key, home: join(house.home, "other") })).rejects.toMatchObject({ code: "PROOF_INVALID" });
  rmSync(join(house.home, "pinned.json"));
  await expect(anew(governed, { home: join(house.home, "third") })).rejects.toMatchObject({ code: "NO_PINNED_COPY" });
  await house.world.mine();
  await (await anew(governed, { home: join(house.home, "fourth"), scopeFromFile: true })).close();
  await expect(house.restart(), "the key goes with the new journal").rejects.toMatchObject({ code: "KEY_PINNED_ELSEWHERE" });
});
