import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "viem";
import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { withClosedWallet } from "../../src/cli/operator/amend-offline.ts";
import { SECOND, systemClock } from "../../src/core/clock.ts";
import { readOperatorPublicKey } from "../../src/gateway/operator/operator-key.ts";
import { serveOperator } from "../../src/gateway/operator/serve-operator.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { termsHash, termsToJson } from "../../src/mandate/terms-json.ts";
import { jsonOf, runCli } from "../cli/support/run-cli.ts";
import { governedHouse, purchase, sale } from "./support/governed-house.ts";

test("the commands carry the operator's orders: show, approve, freeze, reconcile, kill; the record of it all verifies", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-op-"));
  await using governed = await governedHouse({
    limits: { require_human_approval_above_usd: 100, max_slippage_bps: 100, max_exit_cost_bps: 100 },
  });
  const { house, desk } = governed;
  const socket = join(folder, "o.sock");
  // For an operator who is another user: orders are signed, so no token is asked for.
  const serving = await serveOperator(desk, socket, () => undefined, { group: true });
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  const as = ["--socket", socket, "--operator-key", governed.keyFile];
  try {
    const [asked] = await house.act(await purchase(house));
    if (asked?.kind !== "refused" || asked.verdict.kind !== "ask" || !asked.verdict.permit) return expect.unreachable("it asks");
    const { id } = asked.verdict.permit;
    const shown = await runCli(["approvals", "show", "x", id, ...as, "--no-json"]);
    expect(shown.stdout).toMatch(/gives at most\s+150 USDC\s+wallet 0x[0-9a-f]{40}/);
    expect(shown.stdout).toMatch(/worst loss\s+\$1\.50 \(1 %\)/);
    expect(shown.stdout.trimEnd().split("\n").at(-1)).toMatch(/the agent says\s+nothing/);
    expect((await jsonOf(["approvals", "list", "x", ...as])).document).toMatchObject({ permits: [{ id, status: "open" }] });
    expect((await jsonOf(["approvals", "approve", "x", id, ...as])).document).toMatchObject({ permit: { status: "granted" } });
    expect((await house.act(await purchase(house)))[0]?.kind).toBe("confirmed");
    const [again] = await house.act(await purchase(house));
    if (again?.kind !== "refused" || again.verdict.kind !== "ask" || !again.verdict.permit) return expect.unreachable("it asks");
    const other = again.verdict.permit.id;
    expect((await jsonOf(["approvals", "deny", "x", other, ...as])).document).toMatchObject({ permit: { status: "denied" } });
    expect((await house.act(await purchase(house)))[0]).toMatchObject({ kind: "refused", verdict: { kind: "deny" } });
    expect(await jsonOf(["freeze", "x", ...as, "--why", "a look"])).toMatchObject({
      code: 0,
      document: { stopped: { code: "FROZEN_BY_OPERATOR", reason: "a look" } },
    });
    expect((await jsonOf(["reconcile", "x", ...as])).code).toBe(0);
    expect((await jsonOf(["kill", "x", ...as, "--why", "enough"])).code).toBe(0);
    expect((await jsonOf(["unfreeze", "x", ...as, "--why", "on"])).code).toBe(3);
    expect((await jsonOf(["unfreeze", "x", ...as, "--why", "on", "--after-kill"])).document).toMatchObject({ stopped: null });
    expect((await jsonOf(["freeze", "x", "--socket", socket, "--why", "no key"])).code).toBe(2);
  } finally {
    await serving.stop();
    rmSync(folder, { recursive: true });
  }
  expect(await governed.operator.exit(await sale(house, "0.1", "298.5"))).toMatchObject({ kind: "confirmed" });
  await house.opened.close();
  const reader = await openJournalReader(join(house.home, "journal.sqlite"));
  const check = await checkStream(reader, house.opened.wallet);
  await reader.close();
  expect(check).toMatchObject({ ok: true, first_bad: null, requests: { confirmed: 2 } });
  await house.restart();
});

test("the operator's key is handed over by a command that makes the new one; the old one orders nothing after", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-op-"));
  await using governed = await governedHouse();
  const socket = join(folder, "o.sock");
  const next = join(folder, "next.key");
  const serving = await serveOperator(governed.desk, socket, () => undefined);
  const order = (key: string, ...what: readonly string[]) => jsonOf([...what, "--socket", socket, "--operator-key", key]);
  try {
    const handed = await order(governed.keyFile, "keys", "hand-over", "x", "--to", next);
    expect(handed).toMatchObject({ code: 0, document: { operator: readOperatorPublicKey(`${next}.pub`) } });
    expect(await order(governed.keyFile, "freeze", "x", "--why", "old")).toMatchObject({
      code: 1,
      document: { error: { code: "PROOF_INVALID" } },
    });
    expect(await order(next, "freeze", "x", "--why", "new")).toMatchObject({ code: 0 });
  } finally {
    await serving.stop();
    rmSync(folder, { recursive: true });
  }
});

test("a wallet whose gateway does not run is amended all the same, and nothing can be signed through it", async () => {
  const limits = {
    max_single_trade_usd: 500,
    max_daily_spend_usd: 2000,
    max_daily_loss_usd: 60,
    max_position_size_usd: 6000,
    max_slippage_bps: 50,
    max_exit_cost_bps: 100,
    stop_loss_pct: 20,
    max_gas_usd_per_day: 50,
    exit_gas_usd_per_day: 5,
  };
  await using governed = await governedHouse({ rpcInBook: true, limits });
  const { house, key } = governed;
  const { terms } = house.mandate;
  const after = { ...terms, limits: { ...terms.limits, allowed_tokens: ["USDC", "WETH", "GOV"] } };
  await expect(withClosedWallet(house.home, terms, key, (operator) => operator.hello())).rejects.toMatchObject({
    code: "JOURNAL_LOCKED",
  });
  await house.opened.close();
  // The command goes by the machine's clock, and a node whose newest block is old is not believed.
  await house.world.rpc("evm_mine", [toHex(Math.floor((await systemClock.now()) / SECOND))]);
  const actions = await sale(house, "0.1", "298.5");
  await withClosedWallet(house.home, terms, key, async (operator) => {
    await expect(operator.exit(actions)).rejects.toThrow("signs nothing");
    await operator.settle();
    expect(await operator.amend(termsHash(terms), termsToJson(after))).toBe(termsHash(after));
  });
  await expect(house.restart()).rejects.toMatchObject({ code: "TERMS_CHANGED" });
});
